"""How `functools.partial` is written in a file."""

from __future__ import annotations

import ast

from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def partial_name(plan: Plan, node: ast.AST) -> str:
    """The name that the file has for it; otherwise `partial`, which will be imported."""
    file, scopes = plan.facts.file(node), plan.facts.scopes
    for local, origin in file.imports.items():
        variable = scopes.variable(node, local)
        if origin in {"functools", "functools.partial"} and variable and variable.scope is file.tree:
            return f"{local}.partial" if origin == "functools" else local
    if scopes.mentions(file.tree, "partial"):
        raise Blocked(node, "LNX018", "`partial` is a name of this program, and the new code needs it")
    return "partial"
