"""Statements that go, with the empty lines on one side of them."""

from __future__ import annotations

import ast

from migrate.inlining.outcomes import Unfold
from migrate.inlining.spans import Edit, Text


def taken_out(source: Text, tree: ast.Module, statement: ast.stmt) -> Edit:
    """The edit that removes a statement with its lines, which must not be the only one of its block."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    blocks = [b for n in ast.walk(tree) for _, b in ast.iter_fields(n) if isinstance(b, list)]
    block = next(b for b in blocks if any(each is statement for each in b))
    if len(block) == 1 or not source.stands_alone(statement):
        raise Unfold

    def is_empty(line: int) -> bool:
        return 0 < line <= len(source.lines) and not source.lines[line - 1].strip()

    if is_empty(first - 1):
        while is_empty(first - 1):
            first -= 1
    else:
        while is_empty(last + 1):
            last += 1
    return Edit(source.line_start(first), source.line_start(last + 1), "")
