"""Lists of arrays that a module fills: `outputs.append(y)`, `skips.pop()`, `jnp.stack(outputs)`."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Collected,
    Dict,
    Repeated,
    Sequence,
    Symbol,
    Value,
    followed,
)
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import SCALAR

CHANGING = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"})
LOOPS = (ast.For, ast.While)


def changes(run: Run, items: Sequence | Collected, name: str, given: Arguments) -> bool:
    """Whether this is a change of a list of plain values inside a module."""
    plain = not followed(items) and not any(followed(value) for value in given.args)
    return run.owner is not None and plain and name in CHANGING


def change(run: Run, items: Sequence | Collected, name: str, given: Arguments) -> Value:
    """What the method gives; the variable holds the changed list afterwards, and others nothing certain."""
    result, after = _changed(run, items, name, given)
    target = given.node.func.value if isinstance(given.node.func, ast.Attribute) else None
    forget(run, items)
    if isinstance(target, ast.Name):
        run.frame.vars[target.id] = after
    return result


def forget(run: Run, value: Value) -> None:
    """A list or dict of a module is changed in place: whatever holds it tells nothing any more."""
    if run.owner is None or followed(value) or not isinstance(value, Sequence | Collected | Dict):
        return
    for frame in {frame for entry in run.stack for frame in entry.chain()}:
        for name, known in frame.vars.items():
            if known is value:
                frame.vars[name] = UNKNOWN
    for name, known in run.attributes.items():
        if known is value:
            run.attributes[name] = UNKNOWN


def _changed(run: Run, items: Sequence | Collected, name: str, given: Arguments) -> tuple[Value, Value]:
    looped = run.facts.scopes.within(given.node, LOOPS)
    match name, items, given.args:
        case "append", Sequence(known), (value,) if not looped:
            return UNKNOWN, Sequence((*known, value))
        case "append", _, (value,):
            return UNKNOWN, join(many(items), Collected(_of_any_turn(run, value)))
        case "pop", Sequence((*known, last)), () if not looped:
            return last, Sequence(tuple(known))
        case "pop", _, _:
            return item(many(items)), many(items)
        case "reverse", _, ():
            return UNKNOWN, many(items)
        case _:
            return UNKNOWN, UNKNOWN


def _of_any_turn(run: Run, value: Value) -> Value:
    """An item without the sizes that only the layer of this turn tells."""
    if not isinstance(value, Array):
        return value
    told = {name for name in run.facts.measured.values() if name is not None}
    axes = tuple(None if axis is None or axis.names & told else axis for axis in value.shape.axes)
    return Array(replace(value.shape, axes=axes))


def many(items: Sequence | Collected) -> Collected:
    """A list of some items, of which it is not known how many there are."""
    if isinstance(items, Collected):
        return items
    found = Collected(None)
    for value in items.items:
        found = _both(found, Collected(value))
    return found


def _both(left: Collected, right: Collected) -> Collected:
    both = join(left, right)
    assert isinstance(both, Collected)
    return both


def item(items: Collected) -> Value:
    """What is known of each item."""
    return UNKNOWN if items.item is None else items.item


def displayed(run: Run, node: ast.expr, values: list[Value]) -> Value:
    """`[f(x) for x in xs]` inside a module."""
    plain = isinstance(node, ast.ListComp) and len(values) == 1 and isinstance(values[0], Array)
    return Collected(values[0]) if run.owner is not None and plain else UNKNOWN


def element(run: Run, iterated: ast.expr) -> Value:
    """What a loop inside a module binds: a number, an item of a list, an array without its first axis."""
    value = run.facts.values.get(iterated, UNKNOWN)
    if run.owner is not None and isinstance(value, Repeated):
        return value.item
    if run.owner is None or followed(value):
        return UNKNOWN
    callee = run.facts.values.get(iterated.func) if isinstance(iterated, ast.Call) else None
    match value:
        case Collected():
            return item(value)
        case Sequence() if value.items:
            return item(many(value))
        case Array(shape) if shape.exact and shape.axes:
            return Array(replace(shape, axes=shape.axes[1:]))
        case _:
            return Array(SCALAR) if callee == Symbol("builtins.range") else UNKNOWN


def filled_in(body: list[ast.stmt]) -> frozenset[str]:
    """The variables whose lists a block changes."""
    return frozenset(
        node.func.value.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.attr in CHANGING
    )
