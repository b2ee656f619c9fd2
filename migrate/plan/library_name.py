"""The name `nnx`, which the new code uses for the library, must not be something else of the program's."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.names import imported
from migrate.plan.blocked import Blocked

NAME = "nnx"


def check_library_name(facts: Facts) -> None:
    """Raise `Blocked` where the program binds `nnx` to anything but `flax.nnx`."""
    for node in facts.scopes.named.get(NAME, ()):
        if _is_other(node):
            raise Blocked(node, "LNX018", f"`{NAME}` is a name of this program, and the new code needs it")


def _is_other(node: ast.AST) -> bool:
    match node:
        case ast.Name(ctx=context):
            return not isinstance(context, ast.Load)
        case ast.Import() | ast.ImportFrom():
            return imported(node).get(NAME) != f"flax.{NAME}"
        case _:
            return True
