"""NNX values: models, optimizers and trees, followed to where they are used wrongly."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter
from migrate.analysis.gradients import shaped
from migrate.analysis.kinds import (
    UNKNOWN,
    Class,
    Const,
    Function,
    Jit,
    Method,
    Partial,
    Sequence,
    Symbol,
    Value,
    followed,
)
from migrate.analysis.nnx_code import nnx_objects
from migrate.analysis.nnx_code.nnx_contexts import check_fresh, compiling, marks_of
from migrate.analysis.nnx_code.nnx_kinds import (
    NnxArgument,
    NnxCompiled,
    NnxGrads,
    NnxOptimizer,
    NnxTransform,
    NnxTree,
    NnxUpdates,
)
from migrate.analysis.nnx_code.pitfalls import TreeGradient, UpdateResult
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.run import Run

PREFIX = "flax.nnx."
TRANSFORMS = frozenset({"grad", "value_and_grad", "jit", "jit_partial", "cached_partial"})


def constructed(run: Run, name: str, given: Arguments) -> Value | None:
    """What calling an object of `flax.nnx` gives; None for anything that is not followed."""
    short = name.removeprefix(PREFIX)
    if short == name or _linen(given):
        return None
    if short in TRANSFORMS:
        return _transform(short, given) if given.args else Partial(Symbol(name), (), given.keywords)
    return nnx_objects.made(run, short, given)


def _linen(given: Arguments) -> bool:
    return any(followed(value) for value in (*given.args, *dict(given.keywords).values()))


def _transform(short: str, given: Arguments) -> Value:
    function = given.args[0]
    match short:
        case "jit":
            return NnxCompiled(function, given.node)
        case "jit_partial":
            return Partial(NnxCompiled(function, given.node), given.args[1:], ())
        case "cached_partial":
            return Partial(function, given.args[1:], ())
        case _:
            return _gradient(short, function, dict(given.keywords))


def _gradient(short: str, function: Value, keywords: dict[str, Value]) -> Value:
    argnum = _argnum(keywords.get("argnums", Const(0)))
    aux = keywords.get("has_aux", Const(False))
    return NnxTransform(function, argnum, aux == Const(True), short == "value_and_grad")


def _argnum(value: Value) -> int | None:
    match value:
        case Const(int(number)):
            return number
        case _:
            return None


def compiled(run: Run, function: Value, site: ast.expr) -> Jit:
    """`jax.jit(function)` or a decorator of it, remembered for functions that nothing calls."""
    if isinstance(function, Function):
        run.nnx.compiled[function.node] = site
    run.nnx.plain.add(site)
    return Jit(function, site)


def decorated(run: Run, kind: Value, decorator: ast.expr, function: Value) -> Value:
    """A function below a decorator of `nnx`; unknown for any other decorator."""
    bare = Partial(kind, (), ()) if isinstance(kind, Symbol) else kind
    if not isinstance(bare, Partial) or bare.args or not isinstance(function, Function):
        return UNKNOWN
    options = dict(bare.keywords)
    name = bare.function.name if isinstance(bare.function, Symbol) else ""
    match name:
        case "flax.nnx.jit":
            run.nnx.compiled[function.node] = decorator
            return NnxCompiled(function, decorator)
        case "flax.nnx.grad" | "flax.nnx.value_and_grad":
            return _gradient(name.removeprefix(PREFIX), function, options)
        case _:
            return UNKNOWN


def invoked(run: Run, callee: Value, given: Arguments) -> Value | None:
    """What calling an NNX value gives; None for anything that is not one, or that meets Linen values."""
    if _linen(given):
        return None
    match callee:
        case NnxCompiled(Function() as function, site):
            with run.freezing(run.visible()), compiling(run, site):
                return enter(run, function, given)
        case NnxTransform():
            return _differentiated(run, callee, given)
        case Method(NnxOptimizer() as optimizer, "update"):
            return _updated(run, optimizer, given)
        case Method(NnxArgument() as argument, "update"):
            return _updated_argument(run, argument, given)
        case NnxTree(target=ast.Call() as target) if target in run.nnx.targets:
            run.facts.pitfall(run.nnx.targets[target])
            return UNKNOWN
        case NnxUpdates(site):
            run.facts.pitfall(UpdateResult(site, "state"))
            return UNKNOWN
        case Class():
            return nnx_objects.instance(run, callee, given)
        case _:
            return None


def _updated(run: Run, optimizer: NnxOptimizer, given: Arguments) -> Value:
    """`optimizer.update(model, grads)`: both are changed in place."""
    run.nnx.mutated |= optimizer.marks | marks_of(given.args[0] if given.args else UNKNOWN)
    run.nnx.updates.add(given.node)
    check_fresh(run, optimizer)
    _no_updates(run, given)
    return NnxUpdates(given.node)


def _no_updates(run: Run, given: Arguments) -> None:
    for value in given.args[:1]:
        if isinstance(value, NnxUpdates):
            run.facts.pitfall(UpdateResult(value.site, "state"))


def _updated_argument(run: Run, argument: NnxArgument, given: Arguments) -> Value | None:
    """The same of an argument of unknown kind: an optimizer, as the result is not even looked at."""
    ignored = isinstance(run.facts.scopes.parent.get(given.node), ast.Expr)
    if not ignored or len(given.args) != 2 or not isinstance(given.args[1], NnxGrads):
        return None
    run.nnx.mutated |= argument.marks | marks_of(given.args[0])
    return UNKNOWN


def _differentiated(run: Run, transform: NnxTransform, given: Arguments) -> Value:
    """A call of `nnx.grad(loss)`: the loss is run with the model, or the tree, that it is given."""
    at = transform.argnum
    target = given.args[at] if at is not None and 0 <= at < len(given.args) else UNKNOWN
    function, prefix = _unwrapped(transform.function)
    args = list(given.args)
    if isinstance(target, NnxUpdates):
        run.facts.pitfall(UpdateResult(target.site, "state"))
    if isinstance(target, NnxTree) and at is not None and function is not None:
        args[at] = replace(target, target=given.node)
        if at < len(given.node.args):
            _remember_target(run, function, at + len(prefix), target, given.node, given.node.args[at])
    value: Value = UNKNOWN
    if function is not None:
        with run.freezing(run.visible()), compiling(run, given.node):
            value = enter(run, function, Arguments(given.node, (*prefix, *args), given.keywords))
    aux = value.items[1] if isinstance(value, Sequence) and len(value.items) == 2 else UNKNOWN
    return shaped(transform.with_value, transform.has_aux, NnxGrads(marks_of(target)), aux)


def _unwrapped(value: Value) -> tuple[Function | None, tuple[Value, ...]]:
    match value:
        case Function():
            return value, ()
        case Jit(function) | NnxCompiled(function):
            return _unwrapped(function)
        case Partial(function, args, ()):
            inner, prefix = _unwrapped(function)
            return inner, (*prefix, *args)
        case _:
            return None, ()


def _remember_target(
    run: Run, function: Function, position: int, tree: NnxTree, call: ast.Call, target: ast.expr
) -> None:
    names = [p.arg for p in positional_parameters(function.node)]
    name = names[position] if position < len(names) else None
    run.nnx.targets[call] = TreeGradient(call, target, tree.read, function.node, name)
