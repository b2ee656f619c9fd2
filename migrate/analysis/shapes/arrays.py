"""Arrays in expressions: arithmetic, attributes, items; what is not listed has no known shape."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Array, Const, Length, Method, Results, Sequence, ShapeOf, Value
from migrate.analysis.run import Run
from migrate.analysis.shapes import einops_shapes, indexing, results
from migrate.analysis.shapes.array_functions import function, method_of
from migrate.analysis.shapes.plain_shapes import elementwise, filled, integers, matmul, of, size_of
from migrate.analysis.shapes.sizes import SYMBOLS, Shape, Size, combined, product

__all__ = ["arithmetic", "attribute", "elementwise", "filled", "function", "of", "size_of", "subscript",
           "unary", "unpacked"]  # fmt: skip

MOST_AXES = 16


def arithmetic(run: Run, node: ast.BinOp | ast.AugAssign, left: Value, right: Value) -> Value:
    """`left op right`; of displays, only concatenation is followed."""
    run.escape(node, "LNX299", "a followed value is an operand", left, right)
    if isinstance(node.op, ast.MatMult):
        return matmul(left, right)
    if isinstance(left, Array) or isinstance(right, Array):
        return elementwise([_setting(left), _setting(right)])
    if isinstance(node.op, ast.Add) and isinstance(left, ShapeOf | Sequence | Results):
        plain = isinstance(left, ShapeOf) or isinstance(right, ShapeOf) or run.owner is None
        return _concatenated(left, right) if plain else results.concatenated(left, right)
    if isinstance(node.op, ast.Mult) and isinstance(left, Sequence):
        return _repeated(left, right)
    operator = SYMBOLS.get(type(node.op))
    sizes = size_of(left), size_of(right)
    if operator and sizes[0] and sizes[1]:
        if isinstance(left, Const) and isinstance(right, Const):
            return Length(combined(sizes[0], operator, sizes[1]))
        scalar = all(not isinstance(side, Length) or side.scalar for side in (left, right))
        return Length(combined(sizes[0], operator, sizes[1]), scalar)
    return UNKNOWN


def _setting(value: Value) -> Value:
    """A setting such as `self.config.eps` that is combined with an array is a number."""
    if isinstance(value, Length) and value.size.text.startswith("self.") and value.size.text.count(".") > 1:
        plain = value.size.text.replace(".", "").isidentifier()
        return replace(value, scalar=True) if plain else value
    return value


def _repeated(left: Sequence, right: Value) -> Value:
    """`(1,) * (x.ndim - 1)`: the sizes of axes."""
    count = size_of(right)
    plain = all(isinstance(item, Const) for item in left.items)
    if not plain or count is None or not count.text.isdecimal() or int(count.text) > MOST_AXES:
        return UNKNOWN
    return Sequence(left.items * int(count.text))


def _concatenated(left: Value, right: Value) -> Value:
    """`x.shape[:-1] + (heads, dim)`."""
    known = indexing.items(left.shape) if isinstance(left, ShapeOf) else None
    if known is not None and isinstance(right, Sequence) and Const(-1) in right.items:
        return Sequence((*known.items, *right.items))
    parts = []
    for side in (left, right):
        match side:
            case Sequence(items):
                parts.append(Shape(tuple(_written(item) for item in items), True))
            case ShapeOf(shape):
                parts.append(shape)
            case _:
                return UNKNOWN
    first, second = parts
    if not second.exact:
        return UNKNOWN
    return ShapeOf(Shape((*first.axes, *second.axes), first.exact))


def _written(item: Value) -> Size | None:
    """One axis of a shape that is written out; -1 leaves it to the others."""
    return None if isinstance(item, Const) and item.value == -1 else size_of(item)


def unary(run: Run, node: ast.UnaryOp, operand: Value) -> Value:
    """`-x`, `not x`."""
    run.escape(node, "LNX299", "a followed value is an operand", operand)
    match node.op, operand:
        case ast.USub(), Const(int() | float() as number_):
            return Const(-number_)
        case ast.USub() | ast.UAdd() | ast.Invert(), Array():
            return operand
        case _:
            return UNKNOWN


def attribute(array: Array, name: str) -> Value:
    """`array.shape` and the methods whose result is known."""
    match name:
        case "shape":
            return ShapeOf(array.shape)
        case "ndim" if array.shape.rank is not None:
            return Const(array.shape.rank)
        case "T" if array.shape.rank is not None:
            return Array(Shape(array.shape.axes[::-1], True))
        case "size":
            return UNKNOWN
        case _:
            return Method(array, name) if method_of(name) else UNKNOWN


def spread(run: Run, given: Arguments) -> list[Value]:
    """The arguments of a method of an array, with `*x.shape[:-1]` written out."""
    values: list[Value] = []
    for node, value in zip(given.node.args, given.args, strict=True):
        inner = run.evaluate(node.value) if isinstance(node, ast.Starred) else None
        if isinstance(inner, ShapeOf) and inner.shape.exact:
            values += [Length(axis) if axis else UNKNOWN for axis in inner.shape.axes]
        elif isinstance(inner, Sequence):
            values += inner.items
        else:
            values.append(value)
    return values


def spread_display(run: Run, elements: list[ast.expr], kinds: list[Value]) -> Value:
    """`(*x.shape[:-1], heads, -1)` inside a module."""
    items: list[Value] = []
    front: Shape | None = None
    for element, kind in zip(elements, kinds, strict=True):
        inner = run.facts.values.get(element.value) if isinstance(element, ast.Starred) else kind
        if not isinstance(element, ast.Starred):
            items.append(kind)
        elif isinstance(inner, ShapeOf) and inner.shape.exact:
            items += [Length(axis) if axis else UNKNOWN for axis in inner.shape.axes]
        elif isinstance(inner, Sequence) and run.owner is not None:
            items += inner.items
        elif isinstance(inner, ShapeOf) and element is elements[0]:
            front = inner.shape
        else:
            return UNKNOWN
    if front is None:
        return Sequence(tuple(items)) if run.owner is not None else UNKNOWN
    sizes = (None if isinstance(item, Const) and item.value == -1 else size_of(item) for item in items)
    return ShapeOf(Shape((*front.axes, *sizes)))


def learn_rank(run: Run, name: str, args: Items[Value], keywords: Mapping[str, Value]) -> None:
    """`jnp.transpose(x, (0, 2, 3, 1))` is of an array with four axes."""
    if not args or not isinstance(args[0], Array):
        return
    if name.startswith("einops."):
        count, base = einops_shapes.rank(args, keywords), args[0].shape.base or args[0].shape.like
        if count is not None and base is not None and not args[0].shape.exact:
            run.learnt.setdefault(base, count)
        return
    if name.rpartition(".")[2] != "transpose":
        return
    axes = args[1] if len(args) == 2 else Sequence(tuple(args[1:])) if args[1:] else keywords.get("axes")
    order, shape = integers(axes), args[0].shape
    if order is not None and shape.base is not None and not shape.exact:
        run.learnt.setdefault(shape.base, len(order))


SETTERS = frozenset({"set", "add", "subtract", "multiply", "mul", "divide", "power", "min", "max", "apply"})


def updated(run: Run, node: ast.Call) -> Value | None:
    """`x.at[index].set(value)`: an array of the shape of `x`; None for any other call."""
    match node.func:
        case ast.Attribute(value=ast.Subscript(value=ast.Attribute(value=array, attr="at")), attr=name):
            found = run.facts.values.get(array)
            return found if name in SETTERS and isinstance(found, Array) else None
        case _:
            return None


def reshaped(run: Run, node: ast.Call, args: tuple[Value, ...]) -> Value | None:
    """`y.reshape(batch, -1, width)` of an array of which nothing is known; None for any other call."""
    match node.func:
        case ast.Attribute(value=array, attr="reshape") if args and not node.keywords:
            given = args if len(args) > 1 else args[0]
            sizes = Sequence(given) if isinstance(given, tuple) else given
            if run.facts.values.get(array) != UNKNOWN or any(isinstance(a, ast.Starred) for a in node.args):
                return None
            return function("jax.numpy.reshape", [Array(Shape()), sizes], {})
        case _:
            return None


def merged(run: Run, node: ast.Call) -> Value | None:
    """`x.reshape(x.shape[:2] + (-1,))`: the first axes stay, the others become one; None for other calls."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=array, attr="reshape"),
            args=[
                ast.BinOp(
                    left=ast.Subscript(
                        value=ast.Attribute(value=same, attr="shape"),
                        slice=ast.Slice(lower=None, upper=ast.Constant(value=int(count)), step=None),
                    ),
                    op=ast.Add(),
                    right=ast.Tuple(elts=[rest]),
                )
            ],
            keywords=[],
        ) if ast.dump(array) == ast.dump(same) and indexing.literal_integer(rest) == -1:
            found = run.facts.values.get(array)
        case _:
            return None
    if not isinstance(found, Array) or not found.shape.exact or not 0 < count < len(found.shape.axes):
        return None
    axes = found.shape.axes
    return Array(Shape((*axes[:count], product(axes[count:])), True))


def subscript(holder: Value, index: Value, node: ast.expr | None = None, run: Run | None = None) -> Value:
    """`array.shape[i]`, `array[:, 0]`."""
    if isinstance(holder, ShapeOf):
        if isinstance(index, Const) and isinstance(index.value, int):
            size = holder.shape.axis(index.value)
            if size is None and index.value == 0 and holder.shape == Shape((), False, holder.shape.base):
                size = Size(f"_first_axis_of_{holder.shape.base}") if holder.shape.base else None
            return Length(size) if size else UNKNOWN
        return indexing.of_shape(holder.shape, node) if node is not None else UNKNOWN
    if isinstance(holder, Array) and node is not None and run is not None:
        return indexing.of_array(run, holder.shape, node, index)
    return UNKNOWN


def unpacked(run: Run, kind: ShapeOf, count: int) -> Value:
    """`b, d = x.shape`: the axes by position from the end."""
    if kind.shape.base is not None and not kind.shape.exact:
        run.learnt.setdefault(kind.shape.base, count)
    axes = kind.shape.last(count)
    return Sequence(tuple(Length(axis) if axis else UNKNOWN for axis in axes))
