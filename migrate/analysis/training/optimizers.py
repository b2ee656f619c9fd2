"""Plain optax loops: transformations, the optimizer states they make, and the updates they give.

NNX updates model and optimizer in one call, which stands where `tx.update` stood. So the parameters count as
old from there on, although Linen changes them only where the updates are applied; and the two calls must
stand in one block, so that neither runs without the other.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Hashable, Iterator
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import (
    NO_TOKENS,
    UNKNOWN,
    Const,
    Grads,
    Group,
    Labels,
    Method,
    Optimizer,
    Params,
    Pending,
    Sequence,
    Symbol,
    Token,
    Tokens,
    Transformation,
    Unknown,
    Value,
    Variables,
    followed,
    tokens_of,
)
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.analysis.run import Run
from migrate.analysis.sites import ApplyUpdates, InitOptimizer, UpdateModel
from migrate.analysis.training import groups, masks
from migrate.analysis.training.makers import made_again

NO_TRANSFORMATION = re.compile(
    r"(^|\.)(tree|projections|assignment|perturbations|losses|apply_updates)|(?<!scale_by_)schedule|loss|entropy|(?<!clip_by_global_)norm$|"
    r"error|divergence|similarity|distance|logits|_update$|bias_correction|labels|count_inc|tree_"
)
BY_ORDER = re.compile(r"noise|noisy|private|dpsgd|Transformation|lbfgs|linesearch|stateless|flatten|sgld")
"""What draws numbers leaf by leaf, makes one vector of all, or may do so."""

COMBINING = frozenset(
    {"chain", "named_chain", "masked", "multi_transform", "partition", "MultiSteps", "inject_hyperparams"}
    | {"apply_if_finite", "lookahead", "maybe_update", "conditionally_mask", "conditionally_transform"}
)
"""What is given other transformations."""

MASKS = frozenset({"mask", "param_labels", "weight_decay_mask", "trust_ratio_mask", "freeze_mask"})
MASKING = {"masked": 1, "multi_transform": 1, "partition": 1, "freeze": 0}
"""The place of a tree, or of a function that makes one from the parameters, among the arguments."""

TREES = (Params, Variables, Group)
EXTRA = frozenset({"value", "grad"})
LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def made(run: Run, name: str, given: Arguments) -> Value | None:
    """The transformation that a call of optax gives, if it gives one."""
    values = (*given.args, *dict(given.keywords).values())
    if not name.startswith("optax.") or NO_TRANSFORMATION.search(name.removeprefix("optax.")):
        return None
    if run.owner is not None or any(map(followed, values)):
        return None
    return _new(run, given, _masks(name, given), _ordered(name, given))


def _masks(name: str, given: Arguments) -> bool:
    """Whether a transformation takes a tree of parameters apart, or one that it is made of does."""
    keywords = dict(given.keywords)
    trees = [value for key, value in keywords.items() if key in MASKS]
    place = MASKING.get(name.rpartition(".")[2])
    trees += given.args[place : place + 1] if place is not None else ()
    inner = (v for v in (*given.args, *keywords.values()) if isinstance(v, Transformation))
    return any(not masks.only_shapes(tree) for tree in trees) or any(v.masks for v in inner)


def _ordered(name: str, given: Arguments) -> bool:
    """Whether a transformation may treat the leaves by their order, or one that it is made of does."""
    values = (*given.args, *dict(given.keywords).values())
    inner = any(isinstance(v, Transformation) and v.ordered for v in values)
    combines = name.rpartition(".")[2] in COMBINING
    known = not combines or all(_is_known(value) for value in given.args)
    return inner or not known or bool(BY_ORDER.search(name))


def _is_known(value: Value) -> bool:
    """Whether an argument that is combined with others is a transformation of optax, or a number."""
    return isinstance(value, Transformation | Const) or (
        isinstance(value, Symbol) and value.name.startswith("optax.") and not BY_ORDER.search(value.name)
    )


def _new(run: Run, given: Arguments, masked: bool, ordered: bool, labelled: Tokens = NO_TOKENS) -> Value:
    """A transformation made by a call; where one was made before, those optimizers have another."""
    made_again(run, given.node)
    for value in (*given.args, *dict(given.keywords).values()):
        match value:
            case Labels(tokens) | Transformation(labelled=tokens):
                labelled |= tokens
            case _:
                pass
    return Transformation(frozenset({given.node}), masked, ordered, labelled)


def invoked(run: Run, callee: Value, given: Arguments) -> Value | None:
    """`tx.init(params)`, `tx.update(grads, opt_state)`, `optax.apply_updates(params, updates)`; else None."""
    if isinstance(callee, Transformation):
        return _new(run, given, callee.masks or _masks("", given), callee.ordered, callee.labelled)
    if callee == Symbol("optax.apply_updates"):
        return _applied(run, given)
    function = given.node.func
    if not isinstance(function, ast.Attribute) or any(isinstance(a, ast.Starred) for a in given.node.args):
        return None
    makers = _makers(run, function.value, callee)
    match function.attr:
        case "init" if makers and len(given.args) == 1 and not given.keywords:
            params = given.args[0]
            params = groups.grouped(run, params) or params
            return _initialised(run, given, params, makers) if _is_tree(params) else None
        case "update" if makers and any(isinstance(value, Optimizer) for value in given.args):
            return _updated(run, given, makers)
        case _:
            return None


def _is_tree(value: Value) -> bool:
    return isinstance(value, TREES)


def _makers(run: Run, receiver: ast.expr, callee: Value) -> frozenset[Hashable]:
    """Where the transformation was made; a variable of unknown origin that is bound once counts as one."""
    match callee:
        case Method(Transformation(makers=makers), _):
            return makers
        case Unknown() if isinstance(receiver, ast.Name) and run.facts.values.get(receiver) == UNKNOWN:
            variable = run.facts.scopes.variable(receiver, receiver.id)
            return frozenset({variable}) if variable and _is_bound_once(run, variable) else frozenset()
        case _:
            return frozenset()


def _is_bound_once(run: Run, variable: Variable) -> bool:
    scopes = run.facts.scopes
    stores = [node for node in scopes.names(variable) if not isinstance(node.ctx, ast.Load)]
    if isinstance(variable.scope, FUNCTIONS) and not stores:
        return True
    looped = any(
        isinstance(node, (ast.For, ast.While, ast.AsyncFor)) for s in stores for node in _above(run, s)
    )
    return len(stores) == 1 and not looped


def _above(run: Run, node: ast.AST) -> Iterator[ast.AST]:
    scope = run.facts.scopes.function(node)
    while node is not scope:
        node = run.facts.scopes.parent[node]
        yield node


def _initialised(run: Run, given: Arguments, params: Value, makers: frozenset[Hashable]) -> Value:
    node = given.node
    assert isinstance(params, TREES) and isinstance(node.func, ast.Attribute)
    masks.check(run, node, run.facts.values.get(node.func), params)
    if params.stale:
        run.escape(node, "LNX011", "an optimizer is made for parameters that were updated since", params)
    token = Token(node, "optimizer")
    run.facts.links |= {(token, model) for model in params.tokens}
    group = params if isinstance(params, Group) else None
    run.facts.site(InitOptimizer(node, node.func.value, node.args[0], group))
    run.facts.links |= {(a, b) for a in params.tokens for b in params.tokens}
    return Optimizer(frozenset({token}), False, makers)


def _updated(run: Run, given: Arguments, makers: frozenset[Hashable]) -> Value:
    """What `tx.update` gives: updates that are already applied, and the state behind them."""
    node, keywords = given.node, dict(given.keywords)
    application = _application(run, node)
    model = run.evaluate(application.args[0]) if application is not None else UNKNOWN
    params = given.args[2] if len(given.args) == 3 else keywords.pop("params", model)
    message = _in_the_way(given, makers, model, params, keywords)
    if application is None:
        message = "the updates are changed, or not applied by `optax.apply_updates` in the same block"
    if message is not None:
        code = "LNX033" if message is OTHER else "LNX031"
        everything = (*given.args, *dict(given.keywords).values(), model)
        run.escape(node, code, message, *everything)
        return Sequence((Pending(tokens_of(Sequence(everything)), None), given.args[1]))
    optimizer, grads = given.args[1], given.args[0]
    assert isinstance(model, TREES) and isinstance(optimizer, Optimizer)
    assert isinstance(grads, Grads) and application is not None
    return _counted(run, node, model, optimizer, grads, application)


OTHER = "this may be another transformation than the one that made the optimizer state"


def _in_the_way(
    given: Arguments, makers: frozenset[Hashable], model: Value, params: Value, keywords: dict[str, Value]
) -> str | None:
    """Why an update cannot become one of model and optimizer."""
    match given.args:
        case (Grads(), Optimizer() as optimizer) | (Grads(), Optimizer() as optimizer, _):
            if optimizer.makers != makers:
                return OTHER
        case _:
            return "it cannot be seen that these are the gradients of this model and its optimizer state"
    if not isinstance(model, TREES):
        return "the updates are applied to what is not known to be the parameters of a model"
    if params != model:
        return "the updates are computed for other parameters than those that they are applied to"
    plain = all(isinstance(value, Grads) or not followed(value) for value in keywords.values())
    if set(keywords) - EXTRA or not plain:
        return "`update` is called with arguments that have no rewriting yet"
    return None


def _counted(
    run: Run,
    node: ast.Call,
    model: Params | Variables | Group,
    optimizer: Optimizer,
    grads: Grads,
    application: ast.Call,
) -> Value:
    if model.stale or optimizer.stale:
        run.escape(
            node, "LNX011", "old parameters or an old optimizer state are updated again", model, optimizer
        )
    changed = model.tokens | optimizer.tokens
    if any(changed & frozen for frozen in run.frozen):
        message = "a model of the enclosing scope is updated inside a traced function"
        run.escape(node, "LNX011", message, model, optimizer)
    run.facts.links |= {(a, b) for a in changed for b in changed | grads.tokens}
    run.facts.site(UpdateModel(node, node.args[1], node.args[0], application))
    run.age(changed)
    return Sequence((Pending(model.tokens, application), replace(optimizer, stale=False)))


def _application(run: Run, node: ast.Call) -> ast.Call | None:
    """The one call of `optax.apply_updates` in the statements behind `tx.update`, which both always run."""
    scopes = run.facts.scopes
    statement = scopes.parent[node]
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name() as updates, ast.Name()])], value=value):
            if value is not node:
                return None
        case _:
            return None
    block = scopes.block(statement)
    for after in block[block.index(statement) + 1 :]:
        for call in _calls(after):
            match call:
                case ast.Call(args=[_, ast.Name(id=name)], keywords=[]) if (
                    name == updates.id and run.evaluate(call.func) == Symbol("optax.apply_updates")
                ):
                    return call
        if isinstance(after, LEAVING) or any(_leaves_or_binds(n, updates.id) for n in _inside(after)):
            return None
    return None


def _leaves_or_binds(node: ast.AST, name: str) -> bool:
    stores = isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    return stores or isinstance(node, LEAVING)


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls that run whenever a simple statement does."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr)):
        yield from (node for node in _inside(statement) if isinstance(node, ast.Call))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, without what runs later or only perhaps."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.IfExp, ast.BoolOp)):
            yield child
            yield from _inside(child)


def _applied(run: Run, given: Arguments) -> Value | None:
    """`optax.apply_updates(params, updates)`: the parameters as they are from now on."""
    node = given.node
    if given.keywords or len(given.args) != 2 or not any(isinstance(v, Pending) for v in given.args):
        return None
    params, updates = given.args
    assert isinstance(updates, Pending) or isinstance(params, Pending)
    if isinstance(updates, Pending) and updates.application is None:
        return UNKNOWN if not isinstance(params, TREES) else groups.fresh(params)
    if (
        not isinstance(updates, Pending)
        or not isinstance(params, TREES)
        or updates.application is not node
        or params.tokens != updates.tokens
    ):
        message = "these updates are applied twice, or to other parameters than they were made for"
        run.escape(node, "LNX032", message, *given.args)
        return UNKNOWN
    run.facts.site(ApplyUpdates(node, *node.args))
    return groups.fresh(params)
