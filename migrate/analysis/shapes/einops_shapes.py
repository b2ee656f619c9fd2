"""Shapes through `rearrange`, `repeat` and `reduce` of einops."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from migrate.analysis.kinds import UNKNOWN, Array, Const, Value
from migrate.analysis.shapes.plain_shapes import of, size_of
from migrate.analysis.shapes.sizes import Shape, Size, combined, literal, number, product

Group = list[str]
TOKEN = re.compile(r"\(|\)|\.\.\.|[A-Za-z_]\w*|\d+")


def rearranged(short: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """The result of one of the three functions; unknown where the pattern or the input is."""
    at = 2 if short == "reduce" else 1
    array = of(args[0]) if args else None
    pattern = args[1] if len(args) > 1 else keywords.get("pattern")
    if (
        array is None
        or not isinstance(pattern, Const)
        or not isinstance(pattern.value, str)
        or len(args) > at + 1
    ):
        return UNKNOWN
    left, arrow, right = pattern.value.partition("->")
    before, after = _groups(left), _groups(right)
    if not arrow or before is None or after is None:
        return UNKNOWN
    known = {name: size for name, value in keywords.items() if (size := size_of(value)) is not None}
    front = _read(array, before, known)
    if front is None:
        return UNKNOWN
    axes: list[Size | None] = []
    exact = True
    for group in after:
        if group == ["..."]:
            axes, exact = ([*axes, *front], True) if array.exact else ([], False)
        elif "..." in group:
            return UNKNOWN
        else:
            axes.append(product(tuple(_size(name, known) for name in group)))
    return Array(Shape(tuple(axes), exact))


def rank(args: Sequence[Value], keywords: Mapping[str, Value]) -> int | None:
    """How many axes the pattern says that the array has."""
    pattern = args[1] if len(args) > 1 else keywords.get("pattern")
    if not isinstance(pattern, Const) or not isinstance(pattern.value, str) or "->" not in pattern.value:
        return None
    groups = _groups(pattern.value.partition("->")[0])
    return len(groups) if groups is not None and not any("..." in group for group in groups) else None


def _size(name: str, known: dict[str, Size]) -> Size | None:
    return number(int(name)) if name.isdigit() else known.get(name)


def _groups(text: str) -> list[Group] | None:
    """`b (h w) c` as groups of names; None for a pattern that is not understood."""
    groups: list[Group] = []
    inside = False
    for token in TOKEN.findall(text):
        if token in "()":
            if inside == (token == "("):
                return None
            inside = token == "("
            groups += [[]] if inside else []
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups


def _read(array: Shape, groups: list[Group], known: dict[str, Size]) -> list[Size | None] | None:
    """Give a size to each name; what an ellipsis stands for is the result, None if the ranks differ."""
    dots = [i for i, group in enumerate(groups) if group == ["..."]]
    if len(dots) > 1 or any("..." in group and group != ["..."] for group in groups):
        return None
    at = dots[0] if dots else len(groups)
    back = len(groups) - at - 1 if dots else 0
    if array.exact and (
        len(array.axes) < len(groups) - len(dots) or (not dots and len(array.axes) != len(groups))
    ):
        return None
    if not array.exact and not dots:
        back, at = len(groups), 0
        pairs = list(zip(groups, array.last(len(groups)), strict=True))
    elif not array.exact:
        if at:
            return None
        pairs = list(zip(groups[1:], array.last(back), strict=True))
    else:
        end = len(array.axes) - back
        pairs = [*zip(groups[:at], array.axes[:at], strict=True)]
        pairs += [*zip(groups[at + 1 :], array.axes[end:], strict=True)] if dots else []
    for group, axis in pairs:
        _assign(group, axis, known)
    return list(array.axes[at : len(array.axes) - back]) if dots and array.exact else []


def _assign(group: Group, axis: Size | None, known: dict[str, Size]) -> None:
    """Of the names of one axis, the one that is not known yet is what is left of it."""
    open_names = [name for name in group if not name.isdigit() and name not in known]
    if axis is None or len(open_names) != 1:
        return
    others = product(tuple(_size(name, known) for name in group if name != open_names[0]))
    if others is None:
        return
    a, b = literal(axis), literal(others)
    if others == number(1):
        known[open_names[0]] = axis
    elif a is None or b is None or (b and a % b == 0):
        known[open_names[0]] = combined(axis, "//", others)
