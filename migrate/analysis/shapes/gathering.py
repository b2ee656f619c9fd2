"""Shapes through functions that pick, collect or sort entries."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from migrate.analysis.kinds import UNKNOWN, Array, Const, Sequence, Value
from migrate.analysis.shapes.plain_shapes import axes_at, filled, integers, of, size_of, sizes_of
from migrate.analysis.shapes.sizes import Shape, Size, combined, literal, number, total

Arguments = list[Value]
Keywords = dict[str, Value]


def _given(args: Arguments, keywords: Keywords, at: int, name: str, default: Value = UNKNOWN) -> Value:
    return args[at] if len(args) > at else keywords.get(name, default)


def taken(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.take(x, indices, axis)`."""
    shape, picked = of(args[0]), of(_given(args, keywords, 1, "indices"))
    axis = integers(_given(args, keywords, 2, "axis"))
    places = axes_at(shape, axis) if shape is not None else None
    if shape is None or picked is None or places is None or len(places) != 1:
        return UNKNOWN
    at = places[0]
    if not picked.exact:
        return Array(Shape(shape.axes[1:])) if at == 0 else UNKNOWN
    return Array(Shape((*shape.axes[:at], *picked.axes, *shape.axes[at + 1 :]), True))


def taken_along(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.take_along_axis(x, indices, axis)`: the size of the axis is that of the indices."""
    shape, picked = of(args[0]), of(_given(args, keywords, 1, "indices"))
    axis = integers(_given(args, keywords, 2, "axis"))
    places = axes_at(shape, axis) if shape is not None else None
    if shape is None or picked is None or places is None or len(places) != 1:
        return UNKNOWN
    if len(shape.axes) != picked.rank:
        return UNKNOWN
    at = places[0]
    return Array(Shape((*shape.axes[:at], picked.axes[at], *shape.axes[at + 1 :]), True))


def by_segment(args: Arguments, keywords: Keywords) -> Value:
    """`jax.ops.segment_sum(data, ids, num_segments)`: a new first axis."""
    shape = of(args[0])
    count = size_of(_given(args, keywords, 2, "num_segments"))
    if shape is None or not shape.exact or not shape.axes:
        return UNKNOWN
    return Array(Shape((count, *shape.axes[1:]), True))


def top(args: Arguments, keywords: Keywords) -> Value:
    """`jax.lax.top_k(x, k)`: values and indices."""
    shape, count = of(args[0]), size_of(_given(args, keywords, 1, "k"))
    if shape is None or "axis" in keywords or len(args) > 2:
        return UNKNOWN
    found = Array(shape.with_last(count))
    return Sequence((found, found))


def same_shape(args: Arguments, keywords: Keywords) -> Value:
    """A function whose result has the shape of its first argument."""
    return args[0] if isinstance(args[0], Array) else UNKNOWN


def normed(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.linalg.norm(x, axis=-1, keepdims=True)`."""
    shape, axis = of(args[0]), integers(_given(args, keywords, 2, "axis"))
    gone = axes_at(shape, axis) if shape is not None else None
    if shape is None or gone is None:
        return UNKNOWN
    if keywords.get("keepdims") == Const(True):
        return Array(Shape(tuple(number(1) if i in gone else a for i, a in enumerate(shape.axes)), True))
    return Array(Shape(tuple(a for i, a in enumerate(shape.axes) if i not in gone), True))


def outer(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.outer(a, b)` of two vectors."""
    shapes = [of(arg) for arg in args[:2]]
    if any(shape is None or shape.rank != 1 for shape in shapes):
        return UNKNOWN
    return Array(Shape(tuple(shape.axes[0] for shape in shapes if shape is not None), True))


def spaced(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.linspace(start, stop, count)` between numbers."""
    count = size_of(_given(args, keywords, 2, "num", Const(50)))
    ends = [of(arg) for arg in args[:2]]
    return Array(Shape((count,), True)) if all(end == Shape((), True) for end in ends) else UNKNOWN


def side_by_side(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.hstack([a, b])` of arrays with two axes or more: along the second."""
    items = args[0].items if isinstance(args[0], Sequence) else ()
    shapes = [of(item) for item in items]
    known = [shape for shape in shapes if shape is not None and shape.exact and len(shape.axes) > 1]
    if not known or len(known) < len(shapes):
        return UNKNOWN
    second = total(tuple(shape.axes[1] for shape in known))
    first = known[0].axes
    return Array(Shape((first[0], second, *first[2:]), True))


def split_at(shape: Shape, index: int, bounds: tuple[int, ...]) -> Value:
    """`jnp.split(x, [2, 5], axis)`."""
    axis = shape.axis(index)
    length = literal(axis)
    if [*bounds] != sorted({*bounds}) or any(bound < 0 for bound in bounds):
        return UNKNOWN
    if length is not None and bounds and bounds[-1] > length:
        return UNKNOWN
    ends: list[Size | None] = [number(0), *(number(bound) for bound in bounds), axis]
    parts = []
    for begin, end in pairwise(ends):
        size = combined(end, "-", begin) if begin is not None and end is not None else None
        count = max(-index, len(shape.axes))
        axes = [size if i == index else shape.axis(i) for i in range(-count, 0)]
        parts.append(Array(Shape(tuple(axes), shape.exact, shape.base)))
    return Sequence(tuple(parts))


def attention_weights(args: Arguments, keywords: Keywords) -> Value:
    """`dot_product_attention_weights(query, key)`: for each head, one weight a query and key."""
    query, key = (of(_given(args, keywords, i, name)) for i, name in enumerate(("query", "key")))
    if query is None or key is None:
        return UNKNOWN
    front = query.axes[:-3] if query.exact and len(query.axes) > 2 else ()
    return Array(Shape((*front, query.axis(-2), query.axis(-3), key.axis(-3)), query.exact))


def displayed(value: Value) -> Shape | None:
    """The shape of nested lists of numbers."""
    if not isinstance(value, Sequence):
        shape = of(value)
        return shape if shape is not None and shape.exact else None
    inner = {displayed(item) for item in value.items}
    if len(inner) != 1 or (first := inner.pop()) is None:
        return None
    return Shape((number(len(value.items)), *first.axes), True)


def resized(args: Arguments, keywords: Keywords) -> Value:
    """`jax.image.resize(image, shape, method)`."""
    known = sizes_of(_given(args, keywords, 1, "shape"))
    return UNKNOWN if known is None else Array(known)


def sliced(args: Arguments, keywords: Keywords) -> Value:
    """`lax.dynamic_slice(x, start, sizes)`."""
    sizes = args[2] if len(args) > 2 else keywords.get("slice_sizes", UNKNOWN)
    return filled(sizes)


GATHERING: dict[str, Callable[[Arguments, Keywords], Value]] = {
    "dot_product_attention_weights": attention_weights,
    "take": taken,
    "take_along_axis": taken_along,
    "segment_sum": by_segment,
    "segment_max": by_segment,
    "segment_min": by_segment,
    "segment_mean": by_segment,
    "top_k": top,
    "norm": normed,
    "outer": outer,
    "linspace": spaced,
    "hstack": side_by_side,
    "resize": resized,
    "roll": same_shape,
    "dynamic_update_slice": same_shape,
    "dynamic_update_slice_in_dim": same_shape,
    "dynamic_slice": sliced,
    "tril": same_shape,
    "triu": same_shape,
    "fftshift": same_shape,
    "select": lambda args, keywords: args[1] if len(args) > 1 and isinstance(args[1], Array) else UNKNOWN,
}
