"""Statements that share a line with others cannot be replaced one by one."""

from __future__ import annotations

import ast

from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def check_lines(plan: Plan) -> None:
    """Every edited statement stands on lines of its own; `if x: y = ...` and `a = 1; b = 2` do not."""
    edits = plan.edits
    replaced = {*edits.statements, *(node for node, pieces in edits.before.items() if pieces)}
    touched = {plan.statement(node) for node in (*edits.expressions, *edits.arguments, *edits.added)}
    lines = plan.facts.source.text.splitlines()
    for statement in replaced | touched:
        before, after = _around(plan, lines, statement)
        suite = before.strip() and not before.rstrip().endswith(";")
        if suite or (statement in replaced and (before.strip() or after.lstrip().startswith(";"))):
            raise Blocked(statement, "LNX017", "this statement shares its line with others; give it its own")


def _around(plan: Plan, lines: list[str], statement: ast.stmt) -> tuple[str, str]:
    """What stands before and behind a statement on its first and last line."""
    decorators = getattr(statement, "decorator_list", [])
    if decorators:
        return "", ""
    begin = plan.facts.source.column(statement) - 1
    last = (statement.end_lineno or statement.lineno) - 1
    end = statement.end_col_offset or 0
    return lines[statement.lineno - 1][:begin], lines[last].encode()[end:].decode()
