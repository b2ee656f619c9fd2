"""Shapes through the functions of jax.numpy, numpy, jax.nn, jax.lax and flax.linen."""

from __future__ import annotations

from collections.abc import Callable

from migrate.analysis.kinds import UNKNOWN, Array, Collected, Const, Sequence, ShapeOf, Value
from migrate.analysis.shapes.einops_shapes import rearranged
from migrate.analysis.shapes.gates import attended, halved
from migrate.analysis.shapes.gathering import GATHERING, displayed, split_at
from migrate.analysis.shapes.plain_shapes import (
    axes_at,
    elementwise,
    filled,
    integers,
    matmul,
    of,
    size_of,
    sizes_of,
)
from migrate.analysis.shapes.pooling import pooled
from migrate.analysis.shapes.sizes import (
    SCALAR,
    UNKNOWN_SHAPE,
    Shape,
    Size,
    broadcast,
    combined,
    literal,
    number,
    product,
    rest,
    total,
)

MODULES = (
    *("jax.numpy.linalg.", "jax.numpy.", "numpy.", "jax.nn.", "jax.lax.", "flax.linen.", "jax.random."),
    *("jax.scipy.special.", "jax.ops.", "jax.image.", "jraph."),
)
ELEMENTWISE = frozenset(
    [
        "abs",
        "absolute",
        "add",
        "arccos",
        "arcsin",
        "arctan",
        "arctan2",
        "arctanh",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "celu",
        "ceil",
        "clip",
        "conj",
        "cos",
        "cosh",
        "cumprod",
        "cumsum",
        "divide",
        "elu",
        "equal",
        "erf",
        "exp",
        "exp2",
        "expm1",
        "fliplr",
        "floor",
        "floor_divide",
        "gelu",
        "greater",
        "greater_equal",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "imag",
        "invert",
        "isfinite",
        "isinf",
        "isnan",
        "leaky_relu",
        "less",
        "less_equal",
        "log",
        "log10",
        "log1p",
        "log2",
        "log_sigmoid",
        "log_softmax",
        "logaddexp",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "maximum",
        "minimum",
        "mod",
        "multiply",
        "nan_to_num",
        "negative",
        "not_equal",
        "power",
        "real",
        "relu",
        "relu6",
        "remainder",
        "round",
        "rsqrt",
        "selu",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "sinc",
        "sinh",
        "soft_sign",
        "softmax",
        "softplus",
        "sqrt",
        "square",
        "standardize",
        "normalize",
        "stop_gradient",
        "subtract",
        "swish",
        "tan",
        "tanh",
        "true_divide",
        "where",
        "asarray",
        "array",
        "ones_like",
        "zeros_like",
        "full_like",
        "flip",
        "sort",
        "argsort",
        "mish",
        "squareplus",
    ]
)
REDUCTIONS = frozenset(
    [
        "mean",
        "sum",
        "max",
        "min",
        "prod",
        "var",
        "std",
        "any",
        "all",
        "amax",
        "amin",
        "argmax",
        "argmin",
        "logsumexp",
        "median",
        "nanmean",
        "nansum",
        "reduce_max",
        "reduce_min",
    ]
)
OPTIONS = frozenset({"approximate", "axis", "dtype", "negative_slope", "alpha", "precision", "where",
                     "initial"})  # fmt: skip
NO_AXIS, LAST = Const(None), Const(-1)
FLATTENING: dict[str, Value] = {
    f"{library}.{name}": default
    for library in ("jax.numpy", "numpy")
    for name, default in (("cumsum", NO_AXIS), ("cumprod", NO_AXIS), ("sort", LAST), ("argsort", LAST))
}
"""What runs over all entries as one axis where `axis` is None, with the axis that is meant without one."""
PAIRWISE = frozenset({"jax.lax.max", "jax.lax.min"})
OTHERWISE = frozenset({"jax.lax.split", "jax.numpy.select", "numpy.select"})
"""Functions that share their name with one of another meaning."""
SCALARS = frozenset({"sinc", "float32", "float16", "bfloat16", "int32"})
METHODS = frozenset(
    [
        "astype",
        "clip",
        "copy",
        "block_until_ready",
        "reshape",
        "flatten",
        "ravel",
        "transpose",
        "swapaxes",
        "mean",
        "sum",
        "max",
        "min",
        "prod",
        "var",
        "std",
        "any",
        "all",
        "argmax",
        "argmin",
        "squeeze",
        "split",
        "repeat",
        "sort",
        "argsort",
        "cumsum",
        "cumprod",
        "dot",
        "round",
        "conj",
        "take",
    ]
)
KEPT_AS_THEY_ARE = frozenset({"jax.device_put", "jax.lax.with_sharding_constraint"})
SAME = frozenset({"astype", "copy", "block_until_ready", "conj"})
RANDOM = frozenset({"normal", "uniform", "truncated_normal", "bernoulli", "randint", "gumbel", "exponential"})
Arguments = list[Value]
Keywords = dict[str, Value]


def method_of(name: str) -> bool:
    """Whether the result of this method of arrays is known."""
    return name in METHODS


def method(array: Array, name: str, args: Arguments, keywords: Keywords) -> Value:
    """`x.reshape(b, -1)`, `x.mean(axis=1)`."""
    if name in SAME:
        return array
    if name in {"reshape", "transpose"} and len(args) != 1 and args:
        args = [Sequence(tuple(args))]
    return function(f"jax.numpy.{name}", [array, *args], keywords)


def function(name: str, args: Arguments, keywords: Keywords) -> Value:
    """The result of a library function on arrays."""
    prefix = next((p for p in MODULES if name.startswith(p)), None)
    if name.startswith("einops."):
        return rearranged(name.rpartition(".")[2], args, keywords)
    if name in KEPT_AS_THEY_ARE and args:
        return args[0] if isinstance(args[0], Array) else UNKNOWN
    if prefix is None:
        return UNKNOWN
    short = name.removeprefix(prefix)
    if prefix == "jax.random.":
        return _random(short, args, keywords)
    if short in {"avg_pool", "max_pool", "min_pool"} and prefix == "flax.linen.":
        return pooled(args, keywords)
    if short in {"zeros", "ones", "empty", "full"} and prefix in {"jax.numpy.", "numpy.", "jax.lax."}:
        shape = args[0] if args else keywords.get("shape", UNKNOWN)
        return filled(shape)
    if name in PAIRWISE:
        return elementwise(args)
    if short in REDUCTIONS and args:
        return _reduced(args, keywords, short)
    if short in GATHERING and args and name not in OTHERWISE:
        return GATHERING[short](args, keywords)
    if name in FLATTENING and args and _axis(args, keywords, default=FLATTENING[name]) == Const(None):
        return _flattened(args, keywords)
    if short in HANDLERS and args and name not in OTHERWISE:
        return HANDLERS[short](args, keywords)
    operands = {name: value for name, value in keywords.items() if name not in OPTIONS}
    if short in ELEMENTWISE and args and (short != "where" or len(args) == 3):
        return _elementwise(short, args, operands)
    return UNKNOWN


def _elementwise(short: str, args: Arguments, operands: Keywords) -> Value:
    alone = not operands and not any(isinstance(arg, Array) for arg in args[1:])
    if short in {
        "softmax",
        "log_softmax",
        "standardize",
        "normalize",
        "cumsum",
        "cumprod",
        "flip",
        "sort",
        "argsort",
    }:
        return args[0] if isinstance(args[0], Array) and alone else UNKNOWN
    if short in {"asarray", "array"} and isinstance(args[0], Sequence):
        shape = displayed(args[0])
        return Array(shape) if shape is not None else UNKNOWN
    if short in {"asarray", "array", "stop_gradient"}:
        return args[0] if isinstance(args[0], Array) and alone else UNKNOWN
    if short == "nan_to_num":
        return args[0] if isinstance(args[0], Array) and len(args) == 1 else UNKNOWN
    if short in {"zeros_like", "ones_like", "full_like"}:
        shaped = len(args) > (3 if short == "full_like" else 2) or "shape" in operands
        return args[0] if isinstance(args[0], Array) and not shaped else UNKNOWN
    return elementwise([*args, *operands.values()])


def _random(short: str, args: Arguments, keywords: Keywords) -> Value:
    if short not in RANDOM:
        return UNKNOWN
    at = {"bernoulli": 2, "truncated_normal": 3}.get(short, 1)
    shape = args[at] if len(args) > at else keywords.get("shape")
    return filled(shape) if shape is not None else UNKNOWN


def _axis(args: Arguments, keywords: Keywords, at: int = 1, default: Value = NO_AXIS) -> Value:
    return args[at] if len(args) > at else keywords.get("axis", default)


def _reduced(args: Arguments, keywords: Keywords, short: str) -> Value:
    shape, axes = of(args[0]), _axis(args, keywords)
    kept = keywords.get("keepdims", Const(False))
    broadcasts = short == "logsumexp" and (len(args) > 2 or "b" in keywords)
    if shape is None or not isinstance(kept, Const) or broadcasts or len(args) > 3:
        return UNKNOWN
    if axes == Const(None):
        return Array(Shape((), True)) if not kept.value else UNKNOWN
    known = integers(axes)
    if known is None:
        return UNKNOWN
    if not known:
        return Array(shape)
    if kept.value:
        return _kept(shape, known)
    return _dropped(shape, known)


def _kept(shape: Shape, axes: tuple[int, ...]) -> Value:
    if shape.exact:
        gone = {axis % len(shape.axes) for axis in axes if -len(shape.axes) <= axis < len(shape.axes)}
        return Array(Shape(tuple(number(1) if i in gone else a for i, a in enumerate(shape.axes)), True))
    if all(axis < 0 for axis in axes):
        count = max(-axis for axis in axes)
        last = [number(1) if i - count in axes else a for i, a in enumerate(shape.last(count))]
        more = max(count, len(shape.axes))
        return Array(Shape((*shape.last(more)[: more - count], *last), False, shape.base))
    return UNKNOWN


def _dropped(shape: Shape, axes: tuple[int, ...]) -> Value:
    if shape.exact:
        gone = {axis % len(shape.axes) for axis in axes if -len(shape.axes) <= axis < len(shape.axes)}
        return Array(Shape(tuple(a for i, a in enumerate(shape.axes) if i not in gone), True))
    if all(axis < 0 for axis in axes):
        count = max(max(-axis for axis in axes), len(shape.axes))
        last = shape.last(count)
        return Array(Shape(tuple(a for i, a in enumerate(last) if i - count not in axes)))
    return UNKNOWN


def _reshaped(args: Arguments, keywords: Keywords) -> Value:
    array = of(args[0])
    given = args[1] if len(args) > 1 else keywords.get("shape", keywords.get("newshape", UNKNOWN))
    if isinstance(given, Const) and given.value == -1:
        given = Sequence((given,))
    if isinstance(given, ShapeOf):
        return Array(given.shape)
    if array is None or not isinstance(given, Sequence):
        return UNKNOWN
    sizes = [None if item == Const(-1) else size_of(item) for item in given.items]
    if Const(-1) in given.items:
        at = given.items.index(Const(-1))
        sizes[at] = _inferred(array, sizes, at)
    return Array(Shape(tuple(sizes), True))


def _inferred(array: Shape, sizes: list[Size | None], at: int) -> Size | None:
    """What `-1` stands for: the entries of the array over those of the other axes."""
    others = [size for i, size in enumerate(sizes) if i != at]
    if array.exact:
        return _quotient(list(array.axes), others)
    first = array.base is not None and not array.axes and len(others) == 1
    if first and array.base is not None and others[0] is not None and _is_first(others[0], array.base):
        return rest(array.base)
    return None


def _is_first(size: Size, base: str) -> bool:
    return size.text == f"_first_axis_of_{base}"


def _quotient(axes: list[Size | None], others: list[Size | None]) -> Size | None:
    for size in [*others]:
        if size is not None and size in axes:
            axes.remove(size)
            others.remove(size)
    above, below = product(tuple(axes)), product(tuple(others))
    if above is None or below is None:
        return None
    a, b = literal(above), literal(below)
    if a is not None and b:
        return number(a // b) if a % b == 0 else None
    return combined(above, "//", below)


def _flattened(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    return Array(Shape((product(shape.axes) if shape and shape.exact else None,), True))


def _transposed(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    axes = args[1] if len(args) > 1 else keywords.get("axes", Const(None))
    if shape is None or not shape.exact:
        order = integers(axes)
        if shape is None or order is None:
            return UNKNOWN
        count = len(order)
        if sorted(i % count for i in order if -count <= i < count) != [*range(count)]:
            return UNKNOWN
        given = shape.last(count)
        return Array(Shape(tuple(given[i] for i in order), True))
    if axes == Const(None):
        return Array(Shape(shape.axes[::-1], True))
    order = axes_at(shape, integers(axes))
    if order is None or sorted(order) != [*range(len(shape.axes))]:
        return UNKNOWN
    return Array(Shape(tuple(shape.axes[i] for i in order), True))


def _swapped(args: Arguments, keywords: Keywords) -> Value:
    shape, pair = of(args[0]), integers(Sequence(tuple(args[1:3])))
    if shape is None or pair is None or len(pair) != 2:
        return UNKNOWN
    if not shape.exact and any(i >= 0 for i in pair):
        return UNKNOWN
    count = len(shape.axes) if shape.exact else max(*(-i for i in pair), len(shape.axes))
    axes = list(shape.last(count))
    if any(not -count <= i < count for i in pair):
        return UNKNOWN
    axes[pair[0]], axes[pair[1]] = axes[pair[1]], axes[pair[0]]
    return Array(Shape(tuple(axes), shape.exact, shape.base))


def _moved(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    source, target = (integers(args[i]) if len(args) > i else None for i in (1, 2))
    pair = axes_at(shape, (*(source or ()), *(target or ()))) if shape is not None else None
    if shape is None or pair is None or source is None or len(source) != 1 or len(pair) != 2:
        return UNKNOWN
    axes = list(shape.axes)
    axis = axes.pop(pair[0])
    axes.insert(pair[1], axis)
    return Array(Shape(tuple(axes), True))


def _expanded(args: Arguments, keywords: Keywords) -> Value:
    shape, at = of(args[0]), integers(_axis(args, keywords))
    if shape is None or at is None or len(at) != 1:
        return UNKNOWN
    if shape.exact:
        axes = list(shape.axes)
        axes.insert(at[0] % (len(axes) + 1), number(1))
        return Array(Shape(tuple(axes), True))
    if at == (-1,):
        return Array(Shape((*shape.axes, number(1))))
    return Array(Shape(shape.last(max(1, len(shape.axes))))) if at == (0,) else UNKNOWN


def _squeezed(args: Arguments, keywords: Keywords) -> Value:
    shape, at = of(args[0]), integers(_axis(args, keywords))
    return UNKNOWN if shape is None or not at else _dropped(shape, at)


def _arrays(value: Value) -> list[Shape] | None:
    if not isinstance(value, Sequence) or not value.items:
        return None
    shapes = [of(item) for item in value.items]
    return None if any(shape is None for shape in shapes) else [s for s in shapes if s is not None]


def _concatenated(args: Arguments, keywords: Keywords) -> Value:
    axis = args[1] if len(args) > 1 else keywords.get("axis", Const(0))
    at = integers(axis)
    if isinstance(args[0], Collected):
        return _joined(args[0].item, at)
    items = args[0].items if isinstance(args[0], Sequence) else ()
    shapes = [of(item) for item in items]
    if at is None or len(at) != 1 or not shapes:
        return UNKNOWN
    known = [shape for shape in shapes if shape is not None]
    rank = next((shape.rank for shape in known if shape.exact), None)
    index = at[0] - rank if rank is not None and at[0] >= 0 else at[0]
    if index >= 0:
        return UNKNOWN
    summed = total(tuple(shape.axis(index) if shape else None for shape in shapes))
    count = rank if rank is not None else max(-index, *(len(s.axes) for s in known), 1) if known else -index
    axes = [
        summed if i == index else next((a for s in known if (a := s.axis(i)) is not None), None)
        for i in range(-count, 0)
    ]
    bases = {shape.base for shape in known}
    base = bases.pop() if len(bases) == 1 and rank is None and len(known) == len(shapes) else None
    return Array(Shape(tuple(axes), rank is not None, base))


def _stacked(args: Arguments, keywords: Keywords) -> Value:
    at = integers(args[1] if len(args) > 1 else keywords.get("axis", Const(0)))
    if isinstance(args[0], Collected):
        return _inserted(args[0].item, at)
    shapes = _arrays(args[0])
    if at is None or len(at) != 1 or not shapes:
        return UNKNOWN
    first = shapes[0]
    if first.exact:
        axes = list(first.axes)
        axes.insert(at[0] % (len(axes) + 1), number(len(shapes)))
        return Array(Shape(tuple(axes), True))
    if at == (-1,):
        return Array(Shape((*first.axes, number(len(shapes)))))
    return Array(Shape(first.last(max(1, len(first.axes))))) if at == (0,) else UNKNOWN


def _inserted(item: Value | None, at: tuple[int, ...] | None) -> Value:
    """Some arrays of one shape along a new axis; how many there are is not known."""
    shape = of(item) if item is not None else None
    if shape is None or at is None or len(at) != 1 or not shape.exact:
        return UNKNOWN
    axes = list(shape.axes)
    axes.insert(at[0] % (len(axes) + 1), None)
    return Array(Shape(tuple(axes), True))


def _joined(item: Value | None, at: tuple[int, ...] | None) -> Value:
    """Some arrays of one shape along one of their axes."""
    shape = of(item) if item is not None else None
    if shape is None or at is None or not shape.exact or len(at) != 1:
        return UNKNOWN
    axes = list(shape.axes)
    if not -len(axes) <= at[0] < len(axes):
        return UNKNOWN
    axes[at[0]] = None
    return Array(Shape(tuple(axes), True))


def _split(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    parts = args[1] if len(args) > 1 else keywords.get("indices_or_sections", UNKNOWN)
    at = integers(args[2] if len(args) > 2 else keywords.get("axis", Const(0)))
    bounds = integers(parts) if isinstance(parts, Sequence) else None
    if shape is None or at is None or len(at) != 1:
        return UNKNOWN
    if bounds is not None and (at[0] < 0 or shape.rank is not None):
        return split_at(shape, at[0] if at[0] < 0 else at[0] - (shape.rank or 0), bounds)
    if not (isinstance(parts, Const) and type(parts.value) is int and parts.value > 0):
        return UNKNOWN
    index = at[0] - shape.rank if shape.rank is not None and at[0] >= 0 else at[0]
    if index >= 0:
        return Sequence((Array(UNKNOWN_SHAPE),) * parts.value)
    axis = shape.axis(index)
    part = combined(axis, "//", number(parts.value)) if axis is not None else None
    count = max(-index, len(shape.axes))
    axes = [part if i == index else shape.axis(i) for i in range(-count, 0)]
    return Sequence((Array(Shape(tuple(axes), shape.exact, shape.base)),) * parts.value)


def _split_unevenly(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.array_split(x, 3)`: the parts differ where the axis cannot be divided."""
    shape, found = of(args[0]), _split(args, keywords)
    parts = args[1] if len(args) > 1 else keywords.get("indices_or_sections", UNKNOWN)
    at = integers(args[2] if len(args) > 2 else keywords.get("axis", Const(0)))
    if not isinstance(found, Sequence) or not isinstance(parts, Const) or shape is None or at is None:
        return UNKNOWN
    size = literal(shape.axis(at[0]))
    if size is not None and size % parts.value == 0:
        return found
    index = at[0] if at[0] < 0 else at[0] - (shape.rank or 0)
    if index >= 0:
        return Sequence((Array(UNKNOWN_SHAPE),) * parts.value)
    count = max(-index, len(shape.axes))
    axes = [None if i == index else shape.axis(i) for i in range(-count, 0)]
    return Sequence((Array(Shape(tuple(axes), shape.exact, shape.base)),) * parts.value)


def _repeated(args: Arguments, keywords: Keywords) -> Value:
    shape, at = of(args[0]), integers(_axis(args, keywords, 2))
    times = size_of(args[1]) if len(args) > 1 else size_of(keywords.get("repeats", UNKNOWN))
    places = axes_at(shape, at) if shape is not None else None
    if shape is None or places is None or len(places) != 1:
        return UNKNOWN
    axes = list(shape.axes)
    axis = axes[places[0]]
    axes[places[0]] = combined(axis, "*", times) if axis is not None and times is not None else None
    return Array(Shape(tuple(axes), True))


def _tiled(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    times = sizes_of(args[1]) if len(args) > 1 else None
    if shape is None or times is None or not shape.exact or len(times.axes) < len(shape.axes):
        return UNKNOWN
    lead = len(times.axes) - len(shape.axes)
    padded = [number(1)] * lead + list(shape.axes)
    pairs = zip(padded, times.axes, strict=True)
    return Array(Shape(tuple(combined(a, "*", b) if a and b else None for a, b in pairs), True))


def _broadcast_to(args: Arguments, keywords: Keywords) -> Value:
    return filled(args[1] if len(args) > 1 else keywords.get("shape", UNKNOWN))


def _one_hot(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    count = size_of(args[1]) if len(args) > 1 else size_of(keywords.get("num_classes", UNKNOWN))
    if "axis" in keywords or count is None:
        return UNKNOWN
    if shape is not None and shape.exact:
        return Array(Shape((*shape.axes, count), True))
    return Array(Shape((count,)))


def _arange(args: Arguments, keywords: Keywords) -> Value:
    size = size_of(args[0]) if len(args) == 1 else None
    return Array(Shape((size,), True))


def _padded(args: Arguments, keywords: Keywords) -> Value:
    shape = of(args[0])
    widths = args[1].items if len(args) > 1 and isinstance(args[1], Sequence) else ()
    if shape is None or not shape.exact or len(widths) != len(shape.axes):
        return UNKNOWN
    axes = []
    for axis, width in zip(shape.axes, widths, strict=True):
        pair = integers(width)
        known = axis is not None and pair is not None and len(pair) == 2
        axes.append(combined(axis, "+", number(sum(pair))) if known and axis and pair is not None else None)
    return Array(Shape(tuple(axes), True))


def _einsum(args: Arguments, keywords: Keywords) -> Value:
    if not isinstance(args[0], Const) or not isinstance(args[0].value, str):
        return UNKNOWN
    inputs, arrow, output = args[0].value.replace(" ", "").partition("->")
    if not arrow:
        return UNKNOWN
    known: dict[str, Size] = {}
    for letters, value in zip(inputs.split(","), args[1:], strict=False):
        shape = of(value)
        plain = letters.rpartition("...")[2]
        for i, letter in enumerate(reversed(plain)):
            axis = shape.axis(-1 - i) if shape is not None else None
            if axis is not None:
                known.setdefault(letter, axis)
    last = output.rpartition("...")[2]
    front = (
        _in_front(inputs.split(","), [of(value) for value in args[1:]]) if output.startswith("...") else None
    )
    if front is not None:
        return Array(Shape((*front.axes, *(known.get(letter) for letter in last)), True))
    return Array(Shape(tuple(known.get(letter) for letter in last), "..." not in output))


def _in_front(inputs: list[str], shapes: list[Shape | None]) -> Shape | None:
    """The axes that `...` stands for, where it is known how many there are."""
    found = SCALAR
    for letters, shape in zip(inputs, shapes, strict=False):
        if letters.startswith("..."):
            count = len(letters) - len("...")
            if shape is None or not shape.exact or len(shape.axes) < count:
                return None
            found = broadcast(found, Shape(shape.axes[: len(shape.axes) - count], True))
    return found


def _matmul(args: Arguments, keywords: Keywords) -> Value:
    return matmul(args[0], args[1]) if len(args) == 2 else UNKNOWN


def _dot(args: Arguments, keywords: Keywords) -> Value:
    """`jnp.dot(a, b)`: with more axes on the right, all of both sides but one each stay."""
    right = of(args[1]) if len(args) == 2 else None
    return _matmul(args, keywords) if right is not None and right.rank == 2 else UNKNOWN


def _resized(args: Arguments, keywords: Keywords) -> Value:
    return filled(args[1] if len(args) > 1 else keywords.get("shape", UNKNOWN))


HANDLERS: dict[str, Callable[[Arguments, Keywords], Value]] = {
    "reshape": _reshaped,
    "ravel": _flattened,
    "flatten": _flattened,
    "transpose": _transposed,
    "swapaxes": _swapped,
    "moveaxis": _moved,
    "expand_dims": _expanded,
    "squeeze": _squeezed,
    "concatenate": _concatenated,
    "concat": _concatenated,
    "stack": _stacked,
    "split": _split,
    "array_split": _split_unevenly,
    "repeat": _repeated,
    "tile": _tiled,
    "broadcast_to": _broadcast_to,
    "one_hot": _one_hot,
    "arange": _arange,
    "pad": _padded,
    "einsum": _einsum,
    "matmul": _matmul,
    "dot": _dot,
    "glu": halved,
    "dot_product_attention": attended,
}
