"""Statements that share a line with others cannot be replaced one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.program.source import File
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Edits


def check_lines(plan: Plan) -> None:
    """No replaced statement shares its line with others; `a = 1; b = 2` do."""
    for statement in shared_lines(plan.facts, plan.edits):
        raise Blocked(statement, "LNX017", "this statement shares its line with others; give it its own")


def shared_lines(facts: Facts, edits: Edits) -> Iterator[ast.stmt]:
    """The edited statements that cannot be replaced where they stand."""
    replaced = {*edits.statements, *(node for node, pieces in edits.before.items() if pieces)}
    edited = (*edits.expressions, *edits.arguments, *edits.added)
    touched = {facts.scopes.statement(node) for node in edited}
    for statement in replaced | touched:
        before, after = _around(facts.file(statement), statement)
        if statement in replaced and (before.rstrip().endswith(";") or after.lstrip().startswith(";")):
            yield statement


def _around(file: File, statement: ast.stmt) -> tuple[str, str]:
    """What stands before and behind a statement on its first and last line."""
    decorators = getattr(statement, "decorator_list", [])
    if decorators:
        return "", ""
    lines = file.source.text.splitlines()
    begin = file.source.column(statement) - 1
    last = (statement.end_lineno or statement.lineno) - 1
    end = statement.end_col_offset or 0
    return lines[statement.lineno - 1][:begin], lines[last].encode()[end:].decode()
