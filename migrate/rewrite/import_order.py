"""Where a new import goes among sorted ones: tools that sort imports should find nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import libcst as cst


def sorted_in(
    lines: list[Any], added: Any, is_import: Callable[[Any], bool], module: Callable[[Any], str]
) -> list[Any]:
    """The lines with `added` in front of the `from` imports right above it that sort behind it.

    Only where these are sorted themselves, and no comment stands between them.
    """
    at = next((i for i, line in enumerate(lines) if line is added), 0)
    first = at
    while first and not lines[first].leading_lines and _is_from(lines[first - 1], is_import):
        first -= 1
    above = [module(line) for line in lines[first:at]]
    later = next((i for i, name in enumerate(above) if name > module(added)), None)
    if later is None or any(a > b for a, b in pairwise(above)):
        return lines
    place = first + later
    behind = lines[place]
    if any(entry.comment for entry in behind.leading_lines):
        return lines
    moved = [
        added.with_changes(leading_lines=behind.leading_lines),
        behind.with_changes(leading_lines=()),
    ]
    return [*lines[:place], *moved, *lines[place + 1 : at], *lines[at + 1 :]]


def _is_from(line: Any, is_import: Callable[[Any], bool]) -> bool:
    """Whether a line is a `from` import of an absolute name."""
    if not is_import(line) or not isinstance(line.body[0], cst.ImportFrom):
        return False
    return not line.body[0].relative and line.body[0].module is not None
