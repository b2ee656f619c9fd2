"""Pieces of a text by the nodes that stand for them, and what replaces them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

EXOTIC = frozenset("\v\f\x1c\x1d\x1e\x85\u2028\u2029")
"""What parts lines for `str.splitlines` and not for Python."""


@dataclass(frozen=True)
class Edit:
    """`text` in place of a piece; `origins` are the lines that its lines stood on, where it has several."""

    start: int
    end: int
    text: str
    origins: tuple[int, ...] = ()


class Text:
    """A text in which nodes are found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *accumulate(map(len, self.lines))]

    def at(self, line: int, column: int) -> int:
        """Where a place is, as `ast` counts: lines from 1, columns in bytes."""
        return self._starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def start(self, node: ast.AST) -> int:
        """Where a node begins."""
        return self.at(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))

    def end(self, node: ast.AST) -> int:
        """Where a node ends."""
        return self.at(getattr(node, "end_lineno", 1), getattr(node, "end_col_offset", 0))

    def line_start(self, line: int) -> int:
        """Where a line begins; also the one behind the last."""
        return self._starts[min(line, len(self._starts)) - 1]

    def segment(self, node: ast.AST, edits: Iterable[Edit] = ()) -> str:
        """The text of a node, changed by those of the edits that lie in it."""
        return self.piece(self.start(node), self.end(node), edits)

    def piece(self, start: int, end: int, edits: Iterable[Edit] = ()) -> str:
        """A piece of the text, changed by those of the edits that lie in it."""
        inside = [e for e in edits if start <= e.start and e.end <= end]
        moved = [Edit(e.start - start, e.end - start, e.text) for e in inside]
        return applied(self.text[start:end], moved)[0]

    def indent(self, node: ast.stmt) -> str:
        """What stands in front of a statement on its line."""
        return self.text[self.line_start(node.lineno) : self.start(node)]

    def stands_alone(self, node: ast.stmt) -> bool:
        """Whether nothing but a comment shares the lines of a statement."""
        last = self.lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].decode()
        return not self.indent(node).strip() and last.strip()[:1] in ("", "#")


def applied(text: str, edits: Iterable[Edit]) -> tuple[str, list[int]]:
    """The text with the edits, and for each of its lines the one that it stood on."""
    parts: list[str] = []
    origins: list[int] = []
    at, line = 0, 1
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        kept = text[at : edit.start]
        origins += range(line, line + kept.count("\n"))
        line += kept.count("\n")
        count = edit.text.count("\n")
        origins += edit.origins[:count] if edit.origins else [line] * count
        line += text.count("\n", edit.start, edit.end)
        parts += [kept, edit.text]
        at = edit.end
    rest = text[at:]
    origins += range(line, line + rest.count("\n") + 1)
    return "".join([*parts, rest]), origins
