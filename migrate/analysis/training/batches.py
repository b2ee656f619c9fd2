"""`jax.vmap`, `jax.pmap` and `jax.checkpoint` of functions that make, take or give train states.

NNX objects are pytrees: such a function works on copies and gives new models and optimizers back, whose
arrays may have one more axis. It is written so in both styles, and entered once: what it does does not depend
on the axis.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter, enter_callbacks, lost, with_renamed
from migrate.analysis.ageing import renamed, without_stats
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Batched,
    Dict,
    Function,
    Holder,
    Jit,
    Params,
    Partial,
    Sequence,
    State,
    Token,
    Value,
    Variables,
    followed,
    parts,
    tokens_of,
)
from migrate.analysis.nnx_code import nnx_contexts
from migrate.analysis.run import Run, is_definition
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import Batch, Replicate
from migrate.analysis.training import apply_options, partials
from migrate.analysis.training.copies import adopt, adopted, copies, returned

TRANSFORMS = frozenset({"jax.vmap", "jax.pmap", "jax.checkpoint"})


def is_batchable(given: Arguments) -> bool:
    """Whether the function is one of the project, handed over in first place with plain options."""
    if len(given.args) != 1:
        return False
    function, others = given.args[0], [value for _, value in given.keywords]
    function = function.function if isinstance(function, Jit) else function
    if not isinstance(function, Function | Partial):
        return False
    plain = not followed(function) or is_definition(function)
    return plain and not any(followed(value) for value in others)


def batched(run: Run, function: Value, site: ast.expr) -> Value:
    """`jax.vmap(function)`, which may be called later unless it is called where it stands."""
    above = run.facts.scopes.parent[site]
    if not isinstance(above, ast.Call) or above.func is not site:
        run.keep(function)
    return Batched(function, site)


def call(run: Run, function: Value, site: ast.expr, given: Arguments) -> Value:
    """A call of a batched function: it works on copies, and what it gives is new."""
    if isinstance(function, Partial) and isinstance(function.function, Function):
        return call(run, function.function, site, partials.applied(function, given))
    if isinstance(function, Jit) and not any(map(followed, (*given.args, *dict(given.keywords).values()))):
        with nnx_contexts.compiling(run, function.site):
            return call(run, function.function, site, given)
    if not isinstance(function, Function):
        return lost(run, given, function)
    inside = _one if run.owner is not None and _has_plain_axes(site) else _without_shape
    plain = replace(
        given,
        args=tuple(inside(value) for value in given.args),
        keywords=tuple((name, inside(value)) for name, value in given.keywords),
    )
    values = (*plain.args, *(value for _, value in plain.keywords))
    if any(followed(value) for value in values):
        apply_options.check_times(run, given)
        run.facts.site(Batch(site, function.node))
        run.facts.bodies.add(function.node)
    return _entered(run, function, plain, values)


def _entered(run: Run, function: Function, given: Arguments, values: tuple[Value, ...]) -> Value:
    copied = copies(function, values)
    with adopted(run, copied):
        return _on_copies(run, function, given, copied)


def _on_copies(run: Run, function: Function, given: Arguments, copied: dict[Token, Token]) -> Value:
    inside = with_renamed(given, copied)
    with run.freezing(run.visible()), run.differentiating(), run.collecting() as updated:
        result = enter(run, function, inside)
    if discarded := frozenset(updated) & frozenset(copied.values()) - tokens_of(without_stats(result)):
        message = "a train state is updated inside a batched function and not returned"
        run.facts.escape(given.node, "LNX206", message, discarded)
    names = {token: returned(run, given.node, token, copied) for token in tokens_of(result)}
    adopt(run, names)
    return renamed(result, names, fresh=True) if followed(result) else _together(run, result)


def _has_plain_axes(site: ast.expr) -> bool:
    """Whether the function runs over the first axis of all that it is given."""
    return not isinstance(site, ast.Call) or (len(site.args) == 1 and not site.keywords)


def _one(value: Value) -> Value:
    """One entry along the first axis of an array of a module: it ends as the array does."""
    match value:
        case Array(Shape((_, *axes), True)):
            return Array(Shape(tuple(axes), True))
        case Array(shape) if not shape.exact and (last := shape.axis(-1)) is not None:
            return Array(Shape((last,)))
        case _:
            return _without_shape(value)


def _together(run: Run, value: Value) -> Value:
    """What a function gives for all entries, in a module: each array ends as that of one entry does."""
    match value:
        case Array(Shape((*_, last))) if run.owner is not None:
            return Array(Shape((last,)))
        case Sequence(items) if run.owner is not None:
            return Sequence(tuple(_together(run, item) for item in items))
        case _:
            return UNKNOWN


def _without_shape(value: Value) -> Value:
    """An array has an axis less inside."""
    return UNKNOWN if isinstance(value, Array) else value


def replicated(run: Run, given: Arguments) -> Value:
    """`jax_utils.replicate(state)`, to these devices: another object with the same contents."""
    others = (*given.args[1:], *dict(given.keywords).values())
    if any(map(followed, others)) or isinstance(given.node.args[0], ast.Starred):
        return lost(run, given)
    value = given.args[0]
    if not isinstance(value, Params | Variables) and not _holds_states(value):
        return lost(run, given)
    return _again(run, given.node, given.node.args[0], value)


def is_entry(given: Arguments) -> bool:
    """Whether one of several states is taken by its place in all leaves."""
    return isinstance(given.args[0], Function) and isinstance(given.args[1], State)


def entry(run: Run, given: Arguments) -> Value:
    """`state = jax.tree.map(lambda x: x[0], states)`: another object, whose arrays have an axis less."""
    enter_callbacks(run, given)
    return _again(run, given.node, given.node.args[1], given.args[1])


def _again(run: Run, node: ast.Call, tree: ast.expr, value: Value) -> Value:
    """The same parameters and states in other objects."""
    names = {token: Token(node, token.label) for token in tokens_of(value)}
    adopt(run, names)
    run.facts.site(Replicate(node, tree))
    return renamed(value, names)


def _holds_states(value: Value) -> bool:
    """Whether all that is followed in a value, or in tuples and dicts of it, are train states."""
    match value:
        case Sequence() | Dict():
            return all(_holds_states(part) or not followed(part) for part in parts(value))
        case _:
            return isinstance(value, State | Holder)
