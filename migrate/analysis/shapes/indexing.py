"""Items and slices of arrays and of their shapes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import UNKNOWN, Array, Const, Length, Sequence, ShapeOf, Symbol, Value
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import size_of
from migrate.analysis.shapes.sizes import (
    SCALAR,
    UNKNOWN_SHAPE,
    Shape,
    Size,
    broadcast,
    ceiling,
    combined,
    literal,
    number,
)

Axes = tuple[Size | None, ...]
NEW_AXES = (Symbol("numpy.newaxis"), Symbol("jax.numpy.newaxis"))


def of_shape(shape: Shape, index: ast.expr) -> Value:
    """`x.shape[1:]`, `x.shape[-2:]`, `x.shape[:-1]`."""
    if not isinstance(index, ast.Slice) or index.step is not None:
        return UNKNOWN
    bounds = [literal_integer(bound) for bound in (index.lower, index.upper)]
    if None in {b for b, node in zip(bounds, (index.lower, index.upper), strict=True) if node is not None}:
        return UNKNOWN
    if shape.exact:
        return ShapeOf(Shape(shape.axes[slice(*bounds)], True))
    lower, upper = bounds
    if lower is None and upper is not None and upper < 0:
        return ShapeOf(Shape(shape.axes[:upper]))
    if upper is None and lower is not None and lower < 0:
        return ShapeOf(Shape(shape.last(-lower), True))
    if lower is None and upper is not None and upper > 0:
        own = not shape.axes and shape.base is not None
        return ShapeOf(Shape(tuple(_first(shape.base or "", upper)) if own else (None,) * upper, True))
    return ShapeOf(UNKNOWN_SHAPE)


def _first(base: str, count: int) -> Iterator[Size]:
    """The first axes of an input, of which it is not known how many it has; no layer may depend on them."""
    for index in range(count):
        yield Size(f"_first_axis_of_{base}" + (f"_{index}" if index else ""))


def literal_integer(node: ast.expr | None) -> int | None:
    """The number that an expression spells, with its sign; None for any other expression."""
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
        case _:
            return None


def of_array(run: Run, shape: Shape, node: ast.expr, index: Value) -> Value:
    """`x[:, 0]`, `x[..., :3]`, `x[:, None]`: axes in front of an ellipsis need a known rank."""
    parts = list(node.elts) if isinstance(node, ast.Tuple) else [node]
    values: list[Value] = [run.facts.values.get(part, UNKNOWN) for part in parts]
    dots = [i for i, part in enumerate(parts) if isinstance(part, ast.Constant) and part.value is ...]
    used = sum(not _is_new(run, part) for part in parts) - len(dots)
    if shape.exact and len(parts) == 1 and _is_any_array(values[0]) and shape.axes:
        return Array(Shape(shape.axes[1:])) if len(shape.axes) > 1 else UNKNOWN
    if shape.exact:
        return _exact(run, shape.axes, parts, values, dots, used)
    if not dots and isinstance(last := parts[-1], ast.Slice) and len(parts) > 1:
        whole = last.lower is None and last.upper is None and last.step is None
        return Array(Shape((shape.axis(-1),))) if whole and shape.axis(-1) is not None else UNKNOWN
    if _is_first_of_each(parts, values) and (size := shape.axis(-1)) is not None and literal(size) is None:
        return Array(Shape((size,)))
    if len(dots) != 1 or dots[0] != 0:
        return UNKNOWN
    axes = _taken(run, shape.last(used), parts[1:], values[1:])
    return UNKNOWN if axes is None else Array(Shape(axes))


def _is_first_of_each(parts: list[ast.expr], values: list[Value]) -> bool:
    """`x[:, 0]` of sequences; of rows it would give numbers, whose last axis fits no layer."""
    match parts, values:
        case [ast.Slice(lower=None, upper=None, step=None), _], [_, Const(int())]:
            return True
        case _:
            return False


def _is_any_array(value: Value) -> bool:
    """Whether an index is an array of some rank: `table[ids]` ends as an entry of the table does."""
    return isinstance(value, Array) and not value.shape.exact


def _exact(
    run: Run, axes: Axes, parts: list[ast.expr], values: list[Value], dots: list[int], used: int
) -> Value:
    if used > len(axes) or len(dots) > 1:
        return UNKNOWN
    at = dots[0] if dots else len(parts)
    front, back = parts[:at], parts[at + 1 :]
    begin = sum(not _is_new(run, part) for part in front)
    end = len(axes) - sum(not _is_new(run, part) for part in back)
    first = _taken(run, axes[:begin], front, values[:at])
    last = _taken(run, axes[end:], back, values[at + 1 :])
    if first is None or last is None:
        return UNKNOWN
    return Array(Shape((*first, *axes[begin:end], *last), True))


def _is_new(run: Run, part: ast.expr) -> bool:
    written = isinstance(part, ast.Constant) and part.value is None
    return written or run.facts.values.get(part) in NEW_AXES


def _taken(run: Run, axes: Axes, parts: list[ast.expr], values: list[Value]) -> Axes | None:
    """The axes that are left of `axes`; None where an index is of unknown kind."""
    left: list[Size | None] = []
    remaining = list(axes)
    gathered: Axes | None = None
    for part, value in zip(parts, values, strict=True):
        if _is_new(run, part):
            left.append(number(1))
            continue
        size = remaining.pop(0)
        if isinstance(part, ast.Slice):
            left.append(_sliced(run, size, part))
        elif isinstance(value, Array) and value.shape != SCALAR:
            if gathered is None:
                gathered = _gathered(run, parts, values)
                if gathered is None:
                    return None
                left += gathered
        elif not _is_number(value):
            return None
    return tuple(left)


def _gathered(run: Run, parts: list[ast.expr], values: list[Value]) -> Axes | None:
    """The axes that arrays as indices give together with numbers, where all of them stand side by side."""
    used = [i for i, part in enumerate(parts) if not isinstance(part, ast.Slice) and not _is_new(run, part)]
    if used != list(range(used[0], used[-1] + 1)):
        return None
    shape = SCALAR
    for value in (values[i] for i in used):
        known = value.shape if isinstance(value, Array) else SCALAR if _is_number(value) else UNKNOWN_SHAPE
        shape = broadcast(shape, known)
    return shape.axes if shape.exact else None


def _is_number(value: Value) -> bool:
    match value:
        case Const(bool()):
            return False
        case Const(int()):
            return True
        case Array(shape):
            return shape == SCALAR
        case _:
            return isinstance(value, Length) and value.scalar


def _sliced(run: Run, size: Size | None, part: ast.Slice) -> Size | None:
    """The length of a slice that lies inside of the axis."""
    if part.lower is None and part.upper is None and part.step is None:
        return size
    whole = literal(size)
    if whole is not None and (known := _literal_slice(part)) is not None:
        return number(len(range(whole)[known]))
    if part.step is not None:
        return _stepped(size, part)
    lower = _bound(run, size, part.lower) if part.lower is not None else number(0)
    upper = _bound(run, size, part.upper) if part.upper is not None else size
    if lower is None or upper is None:
        return None
    most = literal(upper)
    if whole is not None and most is not None and most > whole:
        return None
    return combined(upper, "-", lower)


def _literal_slice(part: ast.Slice) -> slice | None:
    """A slice whose bounds are all numbers, or left out."""
    given = (part.lower, part.upper, part.step)
    bounds = [literal_integer(each) if each is not None else None for each in given]
    told = all((bound is None) == (each is None) for bound, each in zip(bounds, given, strict=True))
    return slice(*bounds) if told and bounds[2] != 0 else None


def _stepped(size: Size | None, part: ast.Slice) -> Size | None:
    """`x[::2]`, `x[::-1]`."""
    step = literal_integer(part.step)
    if size is None or not step or part.lower is not None or part.upper is not None:
        return None
    return ceiling(size, number(abs(step))) if abs(step) > 1 else size


def _bound(run: Run, size: Size | None, node: ast.expr) -> Size | None:
    negative = literal_integer(node)
    if negative is not None and negative < 0:
        return combined(size, "-", number(-negative)) if size is not None else None
    return size_of(run.facts.values.get(node, UNKNOWN))


def items(shape: Shape) -> Sequence | None:
    """The axes of a shape as numbers, where all of them are there."""
    if not shape.exact:
        return None
    return Sequence(tuple(Length(axis) if axis else UNKNOWN for axis in shape.axes))
