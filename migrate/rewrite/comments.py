"""Comments of libcst nodes: a comment whose place goes away moves above the statement."""

from __future__ import annotations

from collections import Counter
from typing import Any

import libcst as cst


def comments(node: Any) -> list[str]:
    """The comments below a node, in order, without those of nested blocks of statements."""
    found: list[str] = []
    _collect(node, found)
    return found


def _collect(node: Any, found: list[str]) -> None:
    if isinstance(node, cst.Comment):
        found.append(node.value)
    elif isinstance(node, cst.CSTNode):
        for name in sorted(node.__dataclass_fields__, key=_written_early):
            _collect(getattr(node, name), found)
    elif isinstance(node, (list, tuple)):
        for item in node:
            _collect(item, found)


def _written_early(name: str) -> int:
    """Fields that are declared late in libcst and stand early in the text."""
    order = {"lpar": 0, "func": 1, "whitespace_after_func": 2, "whitespace_before_args": 3}
    return order.get(name, 4)


def lost(before: Any, after: Any, moved: list[str] | None = None) -> list[str]:
    """The comments of `before` that `after` no longer has and that were not `moved` elsewhere, in order."""
    kept = Counter([*comments(after), *(moved or [])])
    missing = []
    for comment in comments(before):
        if kept[comment]:
            kept[comment] -= 1
        else:
            missing.append(comment)
    return missing


def as_lines(texts: list[str]) -> list[cst.EmptyLine]:
    """Comments on lines of their own."""
    return [cst.EmptyLine(indent=True, comment=cst.Comment(text)) for text in texts]


def without_blank(lines: Any) -> list[cst.EmptyLine]:
    """The lines above a statement from the first comment on."""
    first = next((i for i, entry in enumerate(lines) if entry.comment), len(lines))
    return [*lines[first:]]


def left_behind(line: Any) -> list[cst.EmptyLine]:
    """What a removed line leaves behind: its comments, the one at its end too."""
    compound = isinstance(line, cst.BaseCompoundStatement)
    inner = comments([line.body] if compound else [line.body, line.trailing_whitespace])
    return [*line.leading_lines, *as_lines(inner)]


def joined(carried: list[cst.EmptyLine], own: Any) -> list[cst.EmptyLine]:
    """Comments of removed lines before a statement, with no more blank lines than there were."""
    lines = [entry for i, entry in enumerate(carried) if entry.comment or i == 0 or carried[i - 1].comment]
    if not any(entry.comment for entry in lines):
        return [*lines[:1], *own] if lines and not own else [*own] if own else lines
    return [*lines, *own]
