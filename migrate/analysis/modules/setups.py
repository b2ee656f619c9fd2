"""Places in `setup` of the module that is being read."""

from __future__ import annotations

import ast

from migrate.analysis.run import Run


def in_setup(run: Run, node: ast.AST) -> bool:
    """Whether a node stands in `setup`, not in a function inside of it."""
    function = run.facts.scopes.function(node)
    return run.owner is not None and isinstance(function, ast.FunctionDef) and function.name == "setup"
