"""The text of a module and the piece of it that a node stands for."""

from __future__ import annotations

import ast


class Source:
    """Text by node; columns of `ast` count UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [line.encode() for line in text.splitlines(keepends=True)]

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The source of `node`, without the parentheses around it."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        end = node.end_col_offset
        if first == last:
            return self._lines[first][node.col_offset : end].decode()
        middle = self._lines[first + 1 : last]
        parts = [self._lines[first][node.col_offset :], *middle, self._lines[last][:end]]
        return b"".join(parts).decode()

    def lines(self, node: ast.stmt) -> str:
        """The whole lines that a statement stands on."""
        return b"".join(self._lines[node.lineno - 1 : node.end_lineno]).decode()

    def column(self, node: ast.expr | ast.stmt) -> int:
        """The column of a node in characters, from 1."""
        return len(self._lines[node.lineno - 1][: node.col_offset].decode()) + 1
