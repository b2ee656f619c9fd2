"""Shapes through array operations; what is not listed here has no known shape."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Array, Const, Length, Method, Sequence, ShapeOf, Value
from migrate.analysis.run import Run
from migrate.analysis.sizes import SCALAR, UNKNOWN_SHAPE, Shape, Size, broadcast, combined, number

OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}
MODULES = ("jax.numpy.", "numpy.", "jax.nn.", "jax.lax.", "flax.linen.")
ELEMENTWISE = frozenset(
    [
        "abs",
        "absolute",
        "add",
        "arctan",
        "celu",
        "clip",
        "cos",
        "cosh",
        "elu",
        "exp",
        "expm1",
        "gelu",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "log",
        "log1p",
        "log_sigmoid",
        "log_softmax",
        "logaddexp",
        "maximum",
        "minimum",
        "multiply",
        "negative",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "sinh",
        "soft_sign",
        "softmax",
        "softplus",
        "sqrt",
        "square",
        "standardize",
        "subtract",
        "swish",
        "tanh",
        "true_divide",
        "where",
        "divide",
        "power",
        "nan_to_num",
        "stop_gradient",
        "asarray",
        "array",
        "ones_like",
        "zeros_like",
    ]
)
FILLED = frozenset({"zeros", "ones", "empty", "full"})
METHODS = frozenset({"astype", "clip", "copy", "block_until_ready"})
OPTIONS = frozenset({"approximate", "axis", "dtype"})


def of(value: Value) -> Shape | None:
    """The shape of an array, of a Python number, or None for anything else."""
    match value:
        case Array(shape):
            return shape
        case Const(int() | float()) | Length():
            return SCALAR
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


def arithmetic(run: Run, node: ast.BinOp, left: Value, right: Value) -> Value:
    """`left op right`; display concatenation is not followed."""
    run.escape(node, "LNX299", "a followed value is an operand", left, right)
    if isinstance(node.op, ast.MatMult):
        return UNKNOWN
    if isinstance(left, Array) or isinstance(right, Array):
        return elementwise([left, right])
    operator = OPERATORS.get(type(node.op))
    sizes = size_of(left), size_of(right)
    if operator and sizes[0] and sizes[1]:
        return Length(combined(sizes[0], operator, sizes[1]))
    return UNKNOWN


def unary(run: Run, node: ast.UnaryOp, operand: Value) -> Value:
    """`-x`, `not x`."""
    run.escape(node, "LNX299", "a followed value is an operand", operand)
    match node.op, operand:
        case ast.USub(), Const(int() | float() as number_):
            return Const(-number_)
        case ast.USub() | ast.UAdd(), Array():
            return operand
        case _:
            return UNKNOWN


def attribute(array: Array, name: str) -> Value:
    """`array.shape` and the methods whose result is known."""
    if name == "shape":
        return ShapeOf(array.shape)
    return Method(array, name) if name in METHODS else UNKNOWN


def subscript(holder: Value, index: Value) -> Value:
    """`array.shape[i]`; items of arrays are not followed."""
    if isinstance(holder, ShapeOf) and isinstance(index, Const) and isinstance(index.value, int):
        size = holder.shape.axis(index.value)
        return Length(size) if size else UNKNOWN
    return UNKNOWN


def unpacked(kind: ShapeOf, count: int) -> Value:
    """`b, d = x.shape`: the axes by position from the end."""
    axes = kind.shape.axes
    known = axes[-count:] if axes else ()
    missing: list[Value] = [UNKNOWN] * (count - len(known))
    return Sequence((*missing, *(Length(axis) if axis else UNKNOWN for axis in known)))


def function(name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """The result of a library function on arrays."""
    prefix = next((p for p in MODULES if name.startswith(p)), None)
    if prefix is None:
        return UNKNOWN
    short = name.removeprefix(prefix)
    operands = {name: value for name, value in keywords.items() if name not in OPTIONS}
    if short in FILLED and args and not operands:
        return filled(args[0])
    if short in ELEMENTWISE and args and (short != "where" or len(args) == 3):
        return elementwise([*args, *operands.values()])
    if short in {"concatenate", "concat"} and args and not operands:
        return _concatenated(args, keywords)
    return UNKNOWN


def filled(shape: Value) -> Value:
    """`jnp.zeros(shape)`."""
    items = shape.items if isinstance(shape, Sequence) else (shape,)
    sizes = tuple(size_of(item) for item in items)
    if any(size is None for size in sizes) and not isinstance(shape, Sequence):
        return UNKNOWN
    return Array(Shape(sizes, True))


def _concatenated(args: list[Value], keywords: dict[str, Value]) -> Value:
    axis = args[1] if len(args) > 1 else keywords.get("axis", Const(0))
    if axis != Const(-1) or not isinstance(args[0], Sequence) or not args[0].items:
        return UNKNOWN
    shapes = [of(item) for item in args[0].items]
    last = [shape.axis(-1) if shape else None for shape in shapes]
    total = last[0]
    for size in last[1:]:
        total = combined(total, "+", size) if total and size else None
    return Array(Shape((total,))) if total else UNKNOWN
