"""Symbolic sizes: the axes of an array as Python expressions.

An expression is text that is valid in `__init__` of the module being built, or at the place where a
module is constructed. Only what is certain is known: an axis without an expression is None. The axes of
the inputs of a module are placeholders until it is known which of them need an argument.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from functools import cache

from migrate.analysis.program.syntax import names_in

PLACEHOLDER = re.compile(r"\b_axis_(\d+)_of_(\w+)\b|\b_rest_of_(\w+)\b")


@dataclass(frozen=True)
class Size:
    """One axis, as an expression."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        """The names that the expression reads."""
        return text_names(self.text)


@cache
def text_names(text: str) -> frozenset[str]:
    """The names that an expression reads."""
    return names_in(ast.parse(text, mode="eval"))


@dataclass(frozen=True)
class Shape:
    """The last axes of an array; `exact` where there are no axes before them.

    Where the axes in front are those of an input of the module, counted from the end, `base` is its name.
    Where just their number is that of an input, it is called `like`.
    """

    axes: tuple[Size | None, ...] = ()
    exact: bool = False
    base: str | None = None
    like: str | None = field(default=None, compare=False)

    def axis(self, index: int) -> Size | None:
        """The axis at `index`, which may be negative; None where it is not known."""
        if index >= 0:
            return self.axes[index] if self.exact and index < len(self.axes) else None
        if -index <= len(self.axes):
            return self.axes[index]
        return placeholder(self.base, -index) if self.base is not None and not self.exact else None

    @property
    def rank(self) -> int | None:
        """The number of axes where it is known."""
        return len(self.axes) if self.exact else None

    def last(self, count: int) -> tuple[Size | None, ...]:
        """The last `count` axes."""
        return tuple(self.axis(index) for index in range(-count, 0))

    def with_last(self, *sizes: Size | None) -> Shape:
        """The same array with other last axes."""
        count = len(sizes)
        if self.exact and count > len(self.axes):
            return UNKNOWN_SHAPE
        return replace(self, axes=(*self.axes[:-count], *sizes) if count else self.axes)


UNKNOWN_SHAPE = Shape()
SCALAR = Shape((), True)


def placeholder(parameter: str, index: int = 1) -> Size:
    """The axis of an input that is the `index`-th from the end."""
    return Size(f"_axis_{index}_of_{parameter}")


def rest(parameter: str) -> Size:
    """The number of entries of an input in each of its first axis."""
    return Size(f"_rest_of_{parameter}")


def number(value: int) -> Size:
    """The size of a literal."""
    return Size(str(value))


def literal(size: Size | None) -> int | None:
    """The number that an expression is, if it is one."""
    return int(size.text) if size is not None and size.text.isdigit() else None


def combined(left: Size, operator: str, right: Size) -> Size:
    """`left operator right`, with parentheses where an operand needs them and numbers worked out."""
    a, b = literal(left), literal(right)
    if a is not None and b is not None:
        known = _worked_out(a, operator, b)
        if known is not None:
            return number(known)
    if (operator, b) in {("*", 1), ("//", 1), ("+", 0), ("-", 0)}:
        return left
    if (operator, a) in {("*", 1), ("+", 0)}:
        return right
    if operator == "//" and b and (known_part := _divided(left.text, b)) is not None:
        return known_part
    return Size(f"{_operand(left, operator, False)} {operator} {_operand(right, operator, True)}")


def _divided(text: str, number_of_parts: int) -> Size | None:
    """One part of `2 * size`, where the number in front can be divided."""
    match ast.parse(text, mode="eval").body:
        case ast.BinOp(left=ast.Constant(value=int(count)), op=ast.Mult(), right=rest):
            if count % number_of_parts == 0 and (part := ast.get_source_segment(text, rest)) is not None:
                return combined(number(count // number_of_parts), "*", Size(without_parentheses(part)))
    return None


def _worked_out(a: int, operator: str, b: int) -> int | None:
    match operator:
        case "+":
            return a + b
        case "*":
            return a * b
        case "-" if a >= b:
            return a - b
        case "//" if b:
            return a // b
        case _:
            return None


def _operand(size: Size, operator: str, right: bool) -> str:
    """The text of an operand; a chain of one operator needs no parentheses on its left."""
    body = ast.parse(size.text, mode="eval").body
    simple = isinstance(body, (ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Call))
    chain = isinstance(body, ast.BinOp) and SYMBOLS.get(type(body.op)) == operator and not right
    inner = isinstance(body, ast.BinOp) and isinstance(body.op, (ast.Mult, ast.FloorDiv))
    wrapped = without_parentheses(size.text) != size.text
    return size.text if simple or wrapped or chain or (inner and operator in "+-") else f"({size.text})"


def without_parentheses(text: str) -> str:
    """The text without parentheses around the whole of it."""
    inner = text[1:-1]
    if not (text.startswith("(") and text.endswith(")")):
        return text
    try:
        same = ast.dump(ast.parse(inner, mode="eval")) == ast.dump(ast.parse(text, mode="eval"))
    except SyntaxError:
        return text
    return inner if same else text


SYMBOLS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}


def product(sizes: tuple[Size | None, ...]) -> Size | None:
    """All of the axes multiplied; None where one is not known."""
    total = number(1)
    for size in sizes:
        if size is None:
            return None
        total = combined(total, "*", size)
    return total


def total(sizes: tuple[Size | None, ...]) -> Size | None:
    """All of the axes added up; None where one is not known."""
    result = number(0)
    for size in sizes:
        if size is None:
            return None
        result = combined(result, "+", size)
    return result


def ceiling(size: Size, divisor: Size) -> Size:
    """`size / divisor`, rounded up."""
    a, b = literal(size), literal(divisor)
    if a is not None and b:
        return number(-(-a // b))
    if b == 1:
        return size
    return Size(f"-(-{_operand(size, '-', True)} // {_operand(divisor, '//', True)})")


def broadcast(left: Shape, right: Shape) -> Shape:
    """The shape of an elementwise operation; an axis is kept only where it surely is that of the result."""
    if left == SCALAR:
        return right
    if right == SCALAR:
        return left
    if left.exact and right.exact:
        count = max(len(left.axes), len(right.axes))
        return Shape(tuple(_merged(left, right, -i) for i in range(count, 0, -1)), True)
    if UNKNOWN_SHAPE in (left, right):
        return UNKNOWN_SHAPE
    count = max(len(left.axes), len(right.axes), 1)
    axes = tuple(_merged(left, right, -i) for i in range(count, 0, -1))
    base = left.base if left.base == right.base or right.exact else right.base if left.exact else None
    return Shape(axes, False, base)


def _merged(left: Shape, right: Shape, index: int) -> Size | None:
    if left.exact and -index > len(left.axes):
        return right.axis(index)
    if right.exact and -index > len(right.axes):
        return left.axis(index)
    return agreed(left.axis(index), right.axis(index))


def agreed(a: Size | None, b: Size | None) -> Size | None:
    """The size of two axes that are broadcast: they are equal, or one of them is 1."""
    if a == b:
        return a
    for one, other in ((a, b), (b, a)):
        if literal(one) == 1:
            return other
    for one in (a, b):
        known = literal(one)
        if known is not None and known > 1:
            return one if literal(b if one is a else a) is None else None
    return None if a is None or b is None else _larger(a, b)


def _larger(a: Size, b: Size) -> Size:
    """Of two sizes that are broadcast, whatever they are, the result is the larger one."""
    for one, other in ((a, b), (b, a)):
        if one.text.startswith("max(") and other.text in one.text[4:-1].split(", "):
            return one
    text = f"max({a.text}, {b.text})"
    choice = _chosen_larger([ast.parse(each.text, mode="eval").body for each in (a, b)])
    return Size(text if choice is None else f"({ast.unparse(choice)})")


def joined(left: Shape, right: Shape) -> Shape:
    """What is known of an array that has one of two shapes."""
    if left.exact and right.exact and len(left.axes) == len(right.axes):
        return Shape(tuple(a if a == b else None for a, b in zip(left.axes, right.axes, strict=True)), True)
    count = max(len(left.axes), len(right.axes))
    pairs = [(left.axis(-i), right.axis(-i)) for i in range(count, 0, -1)]
    axes = tuple(a if a == b else None for a, b in pairs)
    return Shape(
        axes, False, left.base if left.base == right.base and not (left.exact or right.exact) else None
    )


def chosen(test: str, left: Shape, right: Shape) -> Shape:
    """The shape of an array that has one of two shapes, as a condition says."""
    plain = joined(left, right)
    axes = list(plain.axes)
    for index, known in enumerate(axes):
        a, b = left.axis(index - len(axes)), right.axis(index - len(axes))
        if known is None and a is not None and b is not None:
            axes[index] = conditional(test, a, b)
    return replace(plain, axes=tuple(axes))


def conditional(test: str, left: Size, right: Size) -> Size:
    """`left if test else right`."""
    left = _where_equal(test, left, right)
    if _differ_at_most(test, left, right):
        return left
    return left if left == right else Size(f"({left.text} if {test} else {right.text})")


def _differ_at_most(test: str, left: Size, right: Size) -> bool:
    """Whether a condition says that these are equal where it does not hold: `a != b` or one of several."""
    parsed = ast.parse(test, mode="eval").body
    parts = parsed.values if isinstance(parsed, ast.BoolOp) and isinstance(parsed.op, ast.Or) else [parsed]
    for part in parts:
        match part:
            case ast.Compare(left=one, ops=[ast.NotEq()], comparators=[other]):
                if {left.text, right.text} == {ast.unparse(one), ast.unparse(other)}:
                    return True
            case _:
                pass
    return False


def _where_equal(test: str, size: Size, wanted: Size) -> Size:
    """The larger one of two sizes that a condition says are equal is either of them."""
    parsed = ast.parse(test, mode="eval").body
    parts = parsed.values if isinstance(parsed, ast.BoolOp) and isinstance(parsed.op, ast.And) else [parsed]
    for part in parts:
        match part:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                one, other = ast.unparse(left), ast.unparse(right)
            case _:
                continue
        if size.text in (f"max({one}, {other})", f"max({other}, {one})"):
            return wanted if wanted.text in (one, other) else Size(one)
    return size


def substituted(text: str, values: dict[str, str]) -> str:
    """The expression with names and attributes of `self` exchanged for other expressions."""
    return ast.unparse(_Exchange(values).visit(ast.parse(text, mode="eval")))


class _Exchange(ast.NodeTransformer):
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._exchanged(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        if own:
            return self._exchanged(f"self.{node.attr}", node)
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Of a size and itself, the larger one is that size."""
        self.generic_visit(node)
        return alone(node) if isinstance(node.func, ast.Name) and node.func.id == "max" else node

    def _exchanged(self, name: str, node: ast.expr) -> ast.expr:
        known = self.values.get(name)
        return node if known is None else ast.parse(known, mode="eval").body


def _operands(node: ast.expr) -> list[ast.expr]:
    """What a size is the largest of."""
    match node:
        case ast.Call(func=ast.Name(id="max"), args=args, keywords=[]):
            return args
        case _:
            return [node]


def alone(node: ast.Call) -> ast.expr:
    """`max(a, max(a, b))` with each argument once, or what is left alone."""
    if len(node.args) < 2 or node.keywords:
        return node
    inner = [part for argument in node.args for part in _operands(argument)]
    return _largest([*{ast.unparse(argument): argument for argument in inner}.values()])


def _largest(parts: list[ast.expr]) -> ast.expr:
    if len(parts) == 1 and not isinstance(parts[0], ast.Starred):
        return parts[0]
    return _chosen_larger(parts) or ast.Call(ast.Name("max", ast.Load()), parts, [])


def _chosen_larger(parts: list[ast.expr]) -> ast.IfExp | None:
    """`max(a, a if test else b)`, which is `a if test else max(a, b)`."""
    choice = next((part for part in parts if isinstance(part, ast.IfExp)), None)
    others = [part for part in parts if part is not choice]
    if choice is None or len(others) != 1:
        return None
    known = ast.unparse(others[0])
    if known not in map(ast.unparse, (choice.body, choice.orelse)):
        return None
    sides = [
        alone(ast.Call(ast.Name("max", ast.Load()), [*others, side], []))
        for side in (choice.body, choice.orelse)
    ]
    return ast.IfExp(choice.test, *sides)
