"""Symbolic sizes: the axes of an array as Python expressions.

An expression is text that is valid in `__init__` of the module being built, or at the place where a
module is constructed. Only what is certain is known: an axis without an expression is None.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """One axis, as an expression."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        """The names that the expression reads."""
        return frozenset(n.id for n in ast.walk(ast.parse(self.text, mode="eval")) if isinstance(n, ast.Name))


@dataclass(frozen=True)
class Shape:
    """The last axes of an array; `exact` where there are no axes before them."""

    axes: tuple[Size | None, ...] = ()
    exact: bool = False

    def axis(self, index: int) -> Size | None:
        """The axis at `index`, which may be negative; None where it is not known."""
        if index < 0:
            return self.axes[index] if -index <= len(self.axes) else None
        return self.axes[index] if self.exact and index < len(self.axes) else None

    def with_last(self, size: Size | None) -> Shape:
        """The same array with another last axis."""
        return Shape((*self.axes[:-1], size), self.exact)


UNKNOWN_SHAPE = Shape()
SCALAR = Shape((), True)


def number(value: int) -> Size:
    """The size of a literal."""
    return Size(str(value))


def combined(left: Size, operator: str, right: Size) -> Size:
    """`left operator right`, with parentheses where an operand needs them and numbers worked out for `+`."""
    if operator == "+" and left.text.isdigit() and right.text.isdigit():
        return number(int(left.text) + int(right.text))
    return Size(f"{_operand(left)} {operator} {_operand(right)}")


def _operand(size: Size) -> str:
    simple = isinstance(
        ast.parse(size.text, mode="eval").body, (ast.Name, ast.Attribute, ast.Constant, ast.Subscript)
    )
    return size.text if simple else f"({size.text})"


def broadcast(left: Shape, right: Shape) -> Shape:
    """The shape of an elementwise operation; an axis is kept only where both sides surely agree."""
    if left == SCALAR:
        return right
    if right == SCALAR:
        return left
    count = min(len(left.axes), len(right.axes))
    if count == 0:
        return UNKNOWN_SHAPE
    axes = tuple(a if a == b else None for a, b in zip(left.axes[-count:], right.axes[-count:], strict=True))
    return Shape(axes, left.exact and right.exact and len(left.axes) == len(right.axes))
