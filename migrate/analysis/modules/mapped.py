"""What the modules under `nn.vmap` see of their inputs, and how their results stand side by side."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import UNKNOWN, Array, Const, Dict, Lifted, Sequence, Value
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape, Size

SHARED = Dict((("params", Const(None)),))
OWN = Dict((("params", Const(0)),))
Inputs = tuple[tuple[str, Value], ...]


def option(facts: Facts, lifted: Lifted, name: str) -> Value | None:
    """What `nn.vmap` was given for an option; None where it was given nothing."""
    keywords = {keyword.arg: keyword.value for keyword in lifted.site.keywords}
    return facts.values.get(keywords[name], UNKNOWN) if name in keywords else None


def is_shared(facts: Facts, lifted: Lifted) -> bool:
    """Whether it is one module with one set of parameters that is called for each entry."""
    return option(facts, lifted, "variable_axes") == SHARED


def input_axes(axes: Value | None, count: int) -> list[int | None] | None:
    """Along which axis each of `count` inputs is taken apart; None where that cannot be told."""
    if axes is None:
        return [0] * count
    items = axes.items if isinstance(axes, Sequence) else (axes,) * count
    known = [item.value for item in items if isinstance(item, Const)]
    whole = all(value is None or type(value) is int for value in known)
    return [*known] if whole and len(known) == len(items) == count else None


def reason(axes: Value | None, out: Value | None) -> str | None:
    """Why it cannot be told how inputs are taken apart and results put together."""
    items = axes.items if isinstance(axes, Sequence) else (axes,)
    if any(item is not None and input_axes(item, 1) is None for item in items):
        return "along which axes this `nn.vmap` takes its inputs apart cannot be told"
    if out is not None and not (isinstance(out, Const) and type(out.value) is int):
        return "along which axis this `nn.vmap` puts its results cannot be told"
    return None


def seen(run: Run, lifted: Lifted, inputs: Inputs, node: ast.Call) -> Inputs | None:
    """The inputs of one module of a `nn.vmap`; None where they cannot be told."""
    given = option(run.facts, lifted, "in_axes")
    if given == Const(None):
        return inputs
    axes = input_axes(given, len(inputs))
    if axes is None or node.keywords or len(node.args) != len(inputs):
        return None
    pairs = zip(inputs, axes, strict=True)
    return tuple((name, value if axis is None else without(value, axis)) for (name, value), axis in pairs)


def without(value: Value, axis: int) -> Value:
    """An array without one axis; of a number of axes that is not known, the last one is."""
    if not isinstance(value, Array):
        return UNKNOWN
    shape = value.shape
    if shape.exact and -len(shape.axes) <= axis < len(shape.axes):
        at = axis % len(shape.axes)
        return Array(Shape((*shape.axes[:at], *shape.axes[at + 1 :]), True))
    if shape.exact or axis > 0:
        return Array(Shape())
    return Array(Shape((shape.axis(-2 if axis == -1 else -1),)))


def side_by_side(run: Run, lifted: Lifted, result: Value) -> Value:
    """What all modules together give: a new axis, of which an ensemble tells how long it is."""
    out = option(run.facts, lifted, "out_axes")
    return together(result, out.value if isinstance(out, Const) else 0, _count(run, lifted))


def together(result: Value, at: int = 0, count: Size | None = None) -> Value:
    """Several results as one, with a new axis."""
    if isinstance(result, Sequence):
        return replace(result, items=tuple(together(item, at, count) for item in result.items))
    return Array(_with(result.shape, at, count)) if isinstance(result, Array) else UNKNOWN


def _count(run: Run, lifted: Lifted) -> Size | None:
    node = next((k.value for k in lifted.site.keywords if k.arg == "axis_size"), None)
    text = init_text(run.facts, run.owner, node) if node is not None and run.owner is not None else None
    return Size(text) if text is not None and text.removeprefix("self.").isidentifier() else None


def _with(shape: Shape, at: int, count: Size | None) -> Shape:
    axes = shape.axes
    if shape.exact:
        place = at if at >= 0 else len(axes) + 1 + at
        return Shape((*axes[:place], count, *axes[place:]), True)
    if at > 0:
        return Shape()
    behind = -at - 1 if at < 0 else max(1, len(axes))
    last = shape.last(max(behind, len(axes)))
    cut = len(last) - behind
    return Shape((*last[:cut], count, *last[cut:])) if at < 0 else Shape(last)
