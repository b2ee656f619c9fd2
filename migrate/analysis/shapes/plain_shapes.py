"""Kinds as shapes and sizes, and the shapes of the plainest operations."""

from __future__ import annotations

from migrate.analysis.kinds import UNKNOWN, Array, Const, Length, Sequence, ShapeOf, Value
from migrate.analysis.shapes.sizes import SCALAR, UNKNOWN_SHAPE, Shape, Size, broadcast, number


def of(value: Value) -> Shape | None:
    """The shape of an array, of a Python number, or None for anything else."""
    match value:
        case Array(shape):
            return shape
        case Const(int() | float()):
            return SCALAR
        case Length():
            return SCALAR if value.scalar else None
        case _:
            return None


def elementwise(values: list[Value]) -> Value:
    """The result of an operation that works element by element."""
    result = SCALAR
    for value in values:
        shape = of(value)
        if shape is None:
            return UNKNOWN
        result = broadcast(result, shape)
    return Array(result) if result != UNKNOWN_SHAPE else UNKNOWN


def size_of(value: Value) -> Size | None:
    """A number as an expression."""
    match value:
        case Length(size):
            return size
        case Const(bool()):
            return None
        case Const(int(number_), name):
            return Size(name) if name else number(number_)
        case _:
            return None


def integers(value: Value | None) -> tuple[int, ...] | None:
    """One number or a tuple of numbers, all of them constants."""
    match value:
        case Const(bool()):
            return None
        case Const(int(one)):
            return (one,)
        case Sequence(items):
            found = [integers(item) for item in items if not isinstance(item, Sequence)]
            known = [number_ for entry in found if entry is not None for number_ in entry]
            return tuple(known) if len(known) == len(items) else None
        case _:
            return None


def axes_at(shape: Shape, axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Some axes counted from the first, where it is known how many there are; None where one is not there."""
    count = len(shape.axes)
    if not shape.exact or axes is None or any(not -count <= axis < count for axis in axes):
        return None
    return tuple(axis % count for axis in axes)


def sizes_of(value: Value) -> Shape | None:
    """A shape that is given as a tuple, as one number, or as the shape of another array."""
    match value:
        case ShapeOf(shape):
            return shape
        case Sequence(items):
            return Shape(tuple(size_of(item) for item in items), True)
        case Const(int()) | Length():
            size = size_of(value)
            known = isinstance(value, Const) or value.scalar
            return Shape((size,), True) if size is not None and known else None
        case _:
            return None


def filled(shape: Value) -> Value:
    """`jnp.zeros(shape)`."""
    known = sizes_of(shape)
    return UNKNOWN if known is None else Array(known)


def matmul(left: Value, right: Value) -> Value:
    """`left @ right` where the right side has two axes or more."""
    a, b = of(left), of(right)
    if a is None or b is None or not b.exact or len(b.axes) < 2:
        return UNKNOWN
    if len(b.axes) == 2:
        return Array(a.with_last(b.axes[-1]) if not a.exact or a.axes else UNKNOWN_SHAPE)
    same = a.exact and len(a.axes) == len(b.axes)
    return Array(Shape((*a.axes[:-1], b.axes[-1]), True)) if same else UNKNOWN
