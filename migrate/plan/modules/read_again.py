"""Expressions of `setup` that other methods write as well, where its local names are not known."""

from __future__ import annotations

import ast
from collections.abc import Collection

from migrate.analysis.kinds import Class
from migrate.analysis.modules.hoisting import holes, spliced
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def read_again(plan: Plan, cls: Class, node: ast.expr, bound: Collection[str] = ()) -> str:
    """The text of an expression in terms of fields; names in `bound` stay."""
    kept: dict[ast.expr, str] = {n: n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in bound}
    found = holes(plan.facts, cls, node, kept)
    if found is None:
        raise Blocked(node, "LNX111", "what names layers of a list is known in `setup` only")
    return spliced(plan.facts, node, found)
