"""Sizes after convolutions and pools."""

from __future__ import annotations

from migrate.analysis.kinds import UNKNOWN, Array, Const, Length, Sequence, Value
from migrate.analysis.shapes.plain_shapes import of, size_of
from migrate.analysis.shapes.sizes import Shape, Size, ceiling, combined, literal, number

Sizes = list[Size | None]


def pooled(args: list[Value], keywords: dict[str, Value]) -> Value:
    """`nn.avg_pool(x, window_shape, strides, padding)`."""
    names = ("inputs", "window_shape", "strides", "padding")
    given = dict(zip(names, args, strict=False)) | keywords
    shape = of(given.get("inputs", UNKNOWN))
    window = given.get("window_shape")
    if shape is None or not isinstance(window, Sequence):
        return UNKNOWN if shape is None else Array(Shape((shape.axis(-1),)))
    count = len(window.items)
    windows = per_axis(window, count)
    strides = per_axis(given.get("strides", Const(None)), count)
    padding = given.get("padding", Const("VALID"))
    return Array(windowed(shape, count, windows, strides, padding, shape.axis(-1)))


def per_axis(value: Value | None, count: int, default: int = 1) -> Sizes:
    """One number an axis from a tuple, from one number, or from nothing."""
    match value:
        case None | Const(None):
            return [number(default)] * count
        case Sequence(items) if len(items) == count:
            return [size_of(item) for item in items]
        case Const(int()):
            return [size_of(value)] * count
        case Length(size) if value.scalar:
            return [size] * count
        case _:
            return [None] * count


def windowed(
    shape: Shape, count: int, windows: Sizes, strides: Sizes, padding: Value, features: Size | None
) -> Shape:
    """The shape after windows slid over the `count` axes in front of the last one."""
    before = shape.last(count + 1)[:-1]
    pads = _pads(padding, count)
    axes = [
        _axis(size, window, stride, pad)
        for size, window, stride, pad in zip(before, windows, strides, pads, strict=True)
    ]
    return shape.with_last(*axes, features)


Pad = str | tuple[int, int] | None


def _pads(padding: Value, count: int) -> list[Pad]:
    match padding:
        case Const(str(name)):
            return [name.upper()] * count
        case Const(bool()):
            return [None] * count
        case Const(int(width)):
            return [(width, width)] * count
        case Sequence(items) if len(items) == count:
            return [_pair(item) for item in items]
        case _:
            return [None] * count


def _pair(item: Value) -> Pad:
    match item:
        case Const(int(width)):
            return (width, width)
        case Sequence((Const(int(low)), Const(int(high)))):
            return (low, high)
        case _:
            return None


def _axis(size: Size | None, window: Size | None, stride: Size | None, pad: Pad) -> Size | None:
    if size is None or stride is None or pad is None:
        return None
    if pad in {"SAME", "CIRCULAR", "CAUSAL", "REFLECT"}:
        return ceiling(size, stride)
    if window is None:
        return None
    if pad == "VALID":
        low = high = 0
    elif isinstance(pad, tuple):
        low, high = pad
    else:
        return None
    if low + high == 0 and window == stride:
        return combined(size, "//", stride)
    return _slid(combined(size, "+", number(low + high)), window, stride)


def _slid(size: Size, window: Size, stride: Size) -> Size:
    """`(size - window) // stride + 1`, with the numbers put together."""
    if literal(stride) == 1:
        width = literal(window)
        if width is not None:
            return _shifted(size, 1 - width)
        return combined(combined(size, "-", window), "+", number(1))
    return combined(combined(combined(size, "-", window), "//", stride), "+", number(1))


def _shifted(size: Size, by: int) -> Size:
    if by == 0:
        return size
    return combined(size, "+", number(by)) if by > 0 else combined(size, "-", number(-by))
