"""The shape of what each layer gives, from the shape of its input and its fields."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Array, Const, Length, Sequence, Value
from migrate.analysis.shapes.array_functions import function
from migrate.analysis.shapes.plain_shapes import integers, sizes_of
from migrate.analysis.shapes.pooling import per_axis, windowed
from migrate.analysis.shapes.sizes import UNKNOWN_SHAPE, Shape, Size, combined, number

Given = dict[str, Value]


def size(given: Given, texts: dict[str, str], name: str) -> Size | None:
    """A field that is one number, as an expression for `__init__`."""
    value = given.get(name)
    match value:
        case Const(int(known)):
            return number(known)
        case Length(known_size):
            return known_size
        case _:
            return Size(texts[name]) if name in texts else None


def output(rule: str, inputs: Shape, given: Given, texts: dict[str, str]) -> Shape:
    """The shape of the output of a layer."""
    match rule:
        case "same":
            return inputs
        case "features":
            return inputs.with_last(size(given, texts, "features")) if _has_last(inputs) else UNKNOWN_SHAPE
        case "conv":
            return _conv(inputs, given, texts)
        case "transpose":
            return _transposed(inputs, given, texts)
        case "embed":
            features = size(given, texts, "features")
            return Shape((*inputs.axes, features), inputs.exact)
        case "attention":
            features = size(given, texts, "out_features")
            return inputs if features is None and "out_features" not in given else inputs.with_last(features)
        case "einsum":
            return _einsum(inputs, given)
        case "general":
            return general(inputs, given, texts)
        case _:
            return UNKNOWN_SHAPE


def _einsum(inputs: Shape, given: Given) -> Shape:
    kernel = sizes_of(given["shape"]) if "shape" in given else None
    if kernel is None or "einsum_str" not in given:
        return UNKNOWN_SHAPE
    result = function("jax.numpy.einsum", [given["einsum_str"], Array(inputs), Array(kernel)], {})
    return result.shape if isinstance(result, Array) else UNKNOWN_SHAPE


def _has_last(inputs: Shape) -> bool:
    return not inputs.exact or bool(inputs.axes)


def _count(inputs: Shape, given: Given) -> int | None:
    match given.get("kernel_size"):
        case Sequence(items):
            return len(items)
        case Const(int()):
            return 1
        case _:
            return inputs.rank - 2 if inputs.rank is not None and inputs.rank > 2 else None


def _conv(inputs: Shape, given: Given, texts: dict[str, str]) -> Shape:
    features, count = size(given, texts, "features"), _count(inputs, given)
    if count is None:
        return Shape((features,), like=inputs.base or inputs.like)
    if inputs.exact and len(inputs.axes) < count + 1:
        return UNKNOWN_SHAPE
    windows = per_axis(_indexed(given.get("kernel_size"), count), count)
    dilation = per_axis(given.get("kernel_dilation"), count)
    strides = per_axis(_indexed(given.get("strides"), count), count)
    stretched = [_stretched(w, d) for w, d in zip(windows, dilation, strict=True)]
    padding = given.get("padding", Const("SAME"))
    shape = windowed(inputs, count, stretched, strides, padding, features)
    plain = given.get("input_dilation") in (None, Const(1))
    return shape if plain else shape.with_last(*[None] * count, features)


def _indexed(value: Value | None, count: int) -> Value | None:
    """A field that holds a tuple, item by item."""
    if isinstance(value, Length) and not value.scalar:
        body = ast.parse(value.size.text, mode="eval").body
        if isinstance(body, ast.Attribute):
            return Sequence(tuple(Length(Size(f"{value.size.text}[{i}]")) for i in range(count)))
    return value


def _stretched(window: Size | None, dilation: Size | None) -> Size | None:
    if window is None or dilation is None:
        return None
    if dilation == number(1):
        return window
    return combined(combined(combined(window, "-", number(1)), "*", dilation), "+", number(1))


def _transposed(inputs: Shape, given: Given, texts: dict[str, str]) -> Shape:
    features, count = size(given, texts, "features"), _count(inputs, given)
    if count is None:
        return Shape((features,))
    strides = per_axis(given.get("strides", Const(1)), count)
    same = given.get("padding", Const("SAME")) in (Const("SAME"), Const("CIRCULAR"))
    before = inputs.last(count + 1)[:-1]
    grown = [combined(a, "*", s) if a and s and same else None for a, s in zip(before, strides, strict=True)]
    return inputs.with_last(*grown, features)


def general(inputs: Shape, given: Given, texts: dict[str, str]) -> Shape:
    """`DenseGeneral`: the axes that are contracted go, the features come at the end."""
    axes = integers(given.get("axis", Const(-1)))
    batch = integers(given.get("batch_dims", Sequence(())))
    features = sizes_of(given["features"]) if "features" in given else None
    if axes is None or features is None or batch is None:
        return UNKNOWN_SHAPE
    if inputs.exact:
        count = len(inputs.axes)
        gone = {axis % count for axis in axes if -count <= axis < count}
        return Shape((*(a for i, a in enumerate(inputs.axes) if i not in gone), *features.axes), True)
    if batch or sorted(axes) != list(range(-len(axes), 0)):
        return UNKNOWN_SHAPE
    kept = inputs.axes[: -len(axes)]
    return Shape((*kept, *features.axes))
