"""Reasons against the module that is being read."""

from __future__ import annotations

import ast

from migrate.analysis.run import Run


def blocked(run: Run, node: ast.AST, code: str, message: str) -> None:
    """Leave the module that is being read, and all that is tied to it, alone."""
    owner = run.owner.node if run.owner else None
    run.facts.escape(node, code, message, frozenset(), owner=owner)
