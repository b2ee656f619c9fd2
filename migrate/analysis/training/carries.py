"""Loops of jax: `scan`, `fori_loop` and `while_loop` with models in their carry.

A loop works on copies of what it is given, as a jitted function does, and gives new objects back. This is so
in both styles: NNX objects are pytrees and go round as a carry.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migrate.analysis.activation import Arguments, enter_bound, lost
from migrate.analysis.ageing import renamed
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Dict,
    Function,
    Grads,
    Jit,
    Mixed,
    Partial,
    Record,
    Sequence,
    Value,
    followed,
    tokens_of,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import Carry
from migrate.analysis.training.copies import adopt, copies, returned


@dataclass(frozen=True)
class _Loop:
    """Where a loop takes its functions and its first carry, and which parameter gets the carry."""

    parameters: tuple[str, ...]
    body: str
    init: str
    test: str | None = None
    carry: int = 0
    pairs: bool = False


LOOPS = {
    "jax.lax.scan": _Loop(("f", "init", "xs", "length", "reverse", "unroll"), "f", "init", pairs=True),
    "jax.lax.fori_loop": _Loop(("lower", "upper", "body_fun", "init_val"), "body_fun", "init_val", carry=1),
    "jax.lax.while_loop": _Loop(("cond_fun", "body_fun", "init_val"), "body_fun", "init_val", "cond_fun"),
}


def call(run: Run, name: str, given: Arguments) -> Value:
    """What a loop gives some of whose arguments are followed."""
    loop, node = LOOPS[name], given.node
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
        return lost(run, given)
    values = dict(zip(loop.parameters, given.args, strict=False)) | dict(given.keywords)
    nodes = dict(zip(loop.parameters, node.args, strict=False)) | {str(k.arg): k.value for k in node.keywords}
    body, init = values.get(loop.body), values.get(loop.init)
    if isinstance(body, Jit) and run.style == "functional":
        body = body.function
    given_before: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    match body:
        case Partial(function, args, keywords) if not followed(body):
            body, given_before, named = function, args, keywords
    rest = [value for key, value in values.items() if key not in {loop.init, loop.body, loop.test}]
    if not isinstance(body, Function) or init is None or any(followed(value) for value in rest):
        return lost(run, given)
    names = copies(body, (init,), "carry")
    adopt(run, names)
    inside = renamed(init, names, fresh=True)
    visible = run.visible()
    with run.freezing(visible), run.collecting() as updated:
        if not _tested(run, node, values.get(loop.test or ""), inside):
            return lost(run, given)
        unknown = (UNKNOWN,) * loop.carry
        result = enter_bound(run, body, node, [*given_before, *unknown, inside], named)
    carry, collected = _parts_of(result, loop)
    if carry is None or not _same(carry, inside):
        run.escape(
            node, "LNX202", "the carry of a loop changes what it holds: a followed value", init, result
        )
        return UNKNOWN
    if discarded := frozenset(updated) & frozenset(names.values()) - tokens_of(carry):
        run.facts.escape(
            node, "LNX202", "a train state is updated inside a loop and not carried on", discarded
        )
    run.facts.bodies.add(body.node)
    run.facts.site(Carry(node, nodes[loop.init], body.node, len(given_before) + loop.carry))
    again = {token: returned(run, node, token, names) for token in tokens_of(carry) | tokens_of(collected)}
    adopt(run, again)
    after = renamed(carry, again, fresh=True)
    return Sequence((after, renamed(collected, again))) if loop.pairs else after


def _tested(run: Run, node: ast.Call, test: Value | None, carry: Value) -> bool:
    """Run the condition of a `while_loop` with the carry."""
    if test is None:
        return True
    if not isinstance(test, Function):
        return False
    enter_bound(run, test, node, [carry])
    return True


def _parts_of(result: Value, loop: _Loop) -> tuple[Value | None, Value]:
    """The carry behind a turn, None where it cannot be told, and what `scan` collects beside it."""
    if not loop.pairs:
        return result, UNKNOWN
    if not isinstance(result, Sequence) or len(result.items) != 2:
        return None, UNKNOWN
    carry, beside = result.items
    collected = _collected(beside)
    lost_there = followed(beside) and not _only_gradients(beside)
    return (None, UNKNOWN) if lost_there else (carry, collected)


def _only_gradients(value: Value) -> bool:
    match value:
        case Sequence(items):
            return all(_only_gradients(item) for item in items)
        case _:
            return isinstance(value, Grads) or not followed(value)


def _collected(value: Value) -> Value:
    """Gradients of all turns are one tree of the same form; of anything else nothing is known."""
    match value:
        case Sequence(items):
            return Sequence(tuple(_collected(item) for item in items))
        case Grads():
            return value
        case _:
            return UNKNOWN


def _same(one: Value, other: Value) -> bool:
    """Whether two carries hold the same kinds at the same places."""
    return not mixes(join(renamed(one, {}, fresh=True), other))


def mixes(value: Value) -> bool:
    """Whether a value or an item of it is followed on some paths only."""
    match value:
        case Mixed():
            return True
        case Sequence(items):
            return any(mixes(item) for item in items)
        case Dict(items) | Record(fields=items):
            return any(mixes(item) for _, item in items)
        case _:
            return False
