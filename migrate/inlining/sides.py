"""The lines of a body for one call, of conditions that it decides only the side that it takes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from migrate.inlining.flags import Sides, else_line, is_elif
from migrate.inlining.marks import MARK
from migrate.inlining.spans import Text

Line = tuple[str, int]
Copy = Callable[[int, int, str], Iterator[Line]]
"""The lines from one to another, in front of which a text goes."""


@dataclass(frozen=True)
class Taken:
    """What one call decides, and how its lines are written."""

    source: Text
    sides: Sides
    call: ast.Call
    number: int
    indent: str
    copy: Copy

    def lines(self, block: Sequence[ast.stmt], first: int, last: int) -> Iterator[Line]:
        """The lines of a block."""
        inner = self.source.indent(block[0])
        inner = inner if not inner.strip() else inner[: len(inner) - len(inner.lstrip())]
        order = [*self.sides]
        at = first
        for node in block:
            if not isinstance(node, ast.If) or node not in self.sides:
                continue
            yield from self.copy(at, node.lineno - 1, inner)
            place = order.index(node)
            yield f"{self.indent}side{place}{MARK}{self.number} = None", node.lineno
            yield from self._side(node)
            yield f"{self.indent}over{place}{MARK}{self.number} = None", node.lineno
            at = (node.end_lineno or 0) + 1
        yield from self.copy(at, last, inner)

    def _side(self, node: ast.If) -> Iterator[Line]:
        if self.sides[node][self.call]:
            yield from self.lines(node.body, node.lineno + 1, node.body[-1].end_lineno or 0)
        elif node.orelse:
            first = node.orelse[0].lineno if is_elif(self.source, node) else else_line(self.source, node) + 1
            yield from self.lines(node.orelse, first, node.orelse[-1].end_lineno or 0)
