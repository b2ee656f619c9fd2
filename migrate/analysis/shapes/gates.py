"""Functions that halve an axis, or take it from another array."""

from __future__ import annotations

from migrate.analysis.kinds import UNKNOWN, Array, Const, Value
from migrate.analysis.shapes.plain_shapes import of
from migrate.analysis.shapes.sizes import combined, number


def halved(args: list[Value], keywords: dict[str, Value]) -> Value:
    """`glu(x)`: one half of the last axis gates the other."""
    shape, axis = of(args[0]), args[1] if len(args) > 1 else keywords.get("axis", Const(-1))
    last = shape.axis(-1) if shape is not None else None
    if shape is None or last is None or axis != Const(-1):
        return UNKNOWN
    return Array(shape.with_last(combined(last, "//", number(2))))


def attended(args: list[Value], keywords: dict[str, Value]) -> Value:
    """`dot_product_attention(query, key, value)`: the axes of the query, the last one of the value."""
    operands = [*args[:3], *(keywords[name] for name in ("query", "key", "value") if name in keywords)]
    shapes = [of(operand) for operand in operands]
    if len(shapes) != 3 or shapes[0] is None or shapes[2] is None:
        return UNKNOWN
    return Array(shapes[0].with_last(shapes[2].axis(-1)))
