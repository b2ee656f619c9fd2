"""How an object of `nnx` is written at a place of a module that may import it in several ways."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Symbol


def spelled(facts: Facts, node: ast.AST, name: str, beside: ast.expr | None = None) -> str | None:
    """`nnx.<name>` as it can be written at `node`; None where a name is in the way.

    `beside` is an expression there that names something of `nnx` already: its prefix is taken over.
    """
    if isinstance(beside, ast.Attribute) and facts.values.get(beside.value) == Symbol("flax.nnx"):
        return f"{ast.unparse(beside.value)}.{name}"
    for local, origin in facts.file(node).imports.items():
        if origin == f"flax.nnx.{name}" and _is_visible(facts, node, local):
            return local
    for local, origin in facts.file(node).imports.items():
        if origin == "flax.nnx" and _is_visible(facts, node, local):
            return f"{local}.{name}"
    return f"nnx.{name}" if facts.scopes.variable(node, "nnx") is None else None


def _is_visible(facts: Facts, node: ast.AST, local: str) -> bool:
    """Whether the module's import is what the name denotes there."""
    variable = facts.scopes.variable(node, local)
    return variable is not None and isinstance(variable.scope, ast.Module)
