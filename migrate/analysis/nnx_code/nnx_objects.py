"""How NNX objects are made: models, optimizers, clones, and trees taken from them."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, Sequence, Symbol, Value
from migrate.analysis.nnx_code.nnx_classes import MODULES, OPTIMIZERS, derives
from migrate.analysis.nnx_code.nnx_contexts import around, marks_of, over
from migrate.analysis.nnx_code.nnx_kinds import Contexts, Mark, NnxModel, NnxOptimizer, NnxTree, aged
from migrate.analysis.nnx_code.pitfalls import MissingWrt
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.analysis.run import Run

NO_MODULES = frozenset({"State", "Rngs", "Param", "Variable", "GraphDef", "DiffState", "StateAxes"})


def made(run: Run, short: str, given: Arguments) -> Value | None:
    """What `nnx.<short>(...)` gives; None where it is not followed."""
    match short:
        case "Optimizer" | "ModelAndOptimizer":
            if short == "Optimizer":
                _check_wrt(run, given)
            return _optimizer(run, given)
        case "state" if given.args:
            return _tree(run, given)
        case "split" if given.args:
            return Sequence((UNKNOWN, *[_tree(run, given)] * max(1, len(given.args) - 1)))
        case "merge" if len(given.args) > 1:
            return NnxModel(frozenset({Mark(given.node)}), _born(run, given, 1))
        case "clone" if given.args:
            return over(given.args[0], lambda value: _clone(run, value, given.node))
        case "update" if given.args and not _of_statistics(run, given.node):
            run.nnx.mutated |= marks_of(given.args[0])
            return UNKNOWN
        case _ if short.rpartition(".")[2][:1].isupper() and short not in NO_MODULES:
            return NnxModel(frozenset({Mark(given.node)}), around(run))
        case _:
            return None


def instance(run: Run, cls: Class, given: Arguments) -> Value | None:
    """`Net(...)` for a class of the project that is an NNX module or optimizer."""
    if derives(cls, OPTIMIZERS):
        return _optimizer(run, given)
    return NnxModel(frozenset({Mark(given.node)}), around(run)) if derives(cls, MODULES) else None


def lasting(value: Value) -> Value:
    """The value as it is known outside of any loop or call."""
    return aged(value, None)


def _check_wrt(run: Run, given: Arguments) -> None:
    names = [name for name, _ in given.keywords]
    spread = "**" in names or any(isinstance(arg, ast.Starred) for arg in given.node.args)
    if "wrt" in names or spread:
        return
    written = [*(["model", "tx"][: len(given.node.args)]), *(k.arg for k in given.node.keywords)]
    plain = sorted(written, key=str) == ["model", "tx"] and len(given.args) == len(given.node.args) <= 2
    run.facts.pitfall(MissingWrt(given.node, plain))


def _optimizer(run: Run, given: Arguments) -> Value:
    expression, value = _first(given, "model")
    older = frozenset(node for node in around(run) if _is_older(run, expression, value, node))
    return NnxOptimizer(frozenset({Mark(given.node)}), older, frozenset({given.node}))


def _first(given: Arguments, name: str) -> tuple[ast.expr | None, Value]:
    if given.args:
        return (given.node.args[0] if given.node.args else None), given.args[0]
    written = {keyword.arg: keyword.value for keyword in given.node.keywords}
    return written.get(name), dict(given.keywords).get(name, UNKNOWN)


def _tree(run: Run, given: Arguments) -> NnxTree:
    return NnxTree(marks_of(given.args[0]), _born(run, given, 0), given.node)


def _born(run: Run, given: Arguments, position: int) -> Contexts:
    expression = given.node.args[position] if position < len(given.node.args) else None
    value = given.args[position]
    return frozenset(node for node in around(run) if not _is_older(run, expression, value, node))


def _clone(run: Run, value: Value, node: ast.Call) -> Value:
    mark = frozenset({Mark(node)})
    match value:
        case NnxModel():
            return NnxModel(mark, around(run))
        case NnxOptimizer():
            return NnxOptimizer(mark)
        case _:
            return UNKNOWN


def _is_older(run: Run, expression: ast.expr | None, value: Value, context: ast.AST) -> bool:
    """Whether a model surely was there before the current turn of `context`, as it is."""
    root = expression
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(value, (NnxModel, NnxTree)):
        known = context not in value.born
    else:
        known = isinstance(root, ast.Name) and _bound_outside(run, root, context)
    return known and not (expression is not None and _is_reset(run, expression, context))


def _of_statistics(run: Run, node: ast.Call) -> bool:
    """`nnx.update(model, nnx.state(other, nnx.BatchStat))`: what a layer does by itself at its calls."""
    match node.args:
        case [_, ast.Call(func=function, args=[_, ast.Attribute() as kind])]:
            known = [run.facts.values.get(part) for part in (function, kind)]
            return known == [Symbol("flax.nnx.state"), Symbol("flax.nnx.BatchStat")]
        case _:
            return False


def _bound_outside(run: Run, name: ast.Name, context: ast.AST) -> bool:
    scopes = run.facts.scopes
    variable = scopes.variable(name, name.id)
    if variable is None or variable.scope not in _visible(run, context):
        return False
    return not any(_binds(run, node, variable) for node in ast.walk(context))


def _visible(run: Run, context: ast.AST) -> list[ast.AST]:
    scopes = run.facts.scopes
    own = [context] if isinstance(context, FUNCTIONS) else []
    return [*own, *scopes.enclosing(scopes.scope[context])]


def _binds(run: Run, node: ast.AST, variable: Variable) -> bool:
    stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == variable.name
    return stored and run.facts.scopes.variable(node, variable.name) == variable


def _is_reset(run: Run, expression: ast.expr, context: ast.AST) -> bool:
    """Whether `nnx.update(model, ...)`, or an assignment to an attribute, starts the model anew there."""
    text = ast.unparse(expression)
    for node in ast.walk(context):
        match node:
            case ast.Call(args=[first, *_]) if ast.unparse(first) == text:
                if run.facts.values.get(node.func) == Symbol("flax.nnx.update"):
                    return True
            case ast.Attribute(ctx=ast.Store()) if ast.unparse(node) == text:
                return True
    return False
