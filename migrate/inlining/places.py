"""What has to stand in front of a statement so that the calls of helpers in it can be written out there."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.program.scopes import Scopes


def in_order(scopes: Scopes, statement: ast.stmt, calls: Iterable[ast.Call]) -> list[ast.expr]:
    """The calls in a statement, and what is called in it before one of them, as Python evaluates them."""
    known = [call for call in calls if scopes.statement(call) is statement]
    found: list[ast.expr] = [*known]
    for call in known:
        found += [part for part in _before(scopes, statement, call) if part not in found]
    return sorted(found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0, -node.col_offset))


def _before(scopes: Scopes, statement: ast.stmt, call: ast.Call) -> list[ast.expr]:
    """The largest expressions that make calls and are evaluated before a call."""
    found: list[ast.expr] = []
    node: ast.AST = call
    while (above := scopes.parent[node]) is not statement:
        for child in ast.iter_child_nodes(above):
            if child is node:
                break
            value = child.value if isinstance(child, ast.keyword) else child
            if isinstance(value, ast.expr) and any(isinstance(n, ast.Call) for n in ast.walk(value)):
                found.append(value)
        node = above
    return found
