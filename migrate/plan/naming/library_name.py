"""The name `nnx`, which the new code uses for the library, must not be something else of the program's."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.facts import Facts
from migrate.analysis.program.names import imported
from migrate.plan.blocked import Blocked

NAME = "nnx"


def check_library_name(facts: Facts, nodes: Iterable[ast.AST]) -> None:
    """Raise `Blocked` where a file of the component binds `nnx` to anything but `flax.nnx`."""
    for tree in {facts.scopes.module(node): None for node in nodes}:
        for node in filter(_is_other, facts.scopes.mentions(tree, NAME)):
            raise Blocked(node, "LNX018", f"`{NAME}` is a name of this program, and the new code needs it")


def _is_other(node: ast.AST) -> bool:
    match node:
        case ast.Name(ctx=context):
            return not isinstance(context, ast.Load)
        case ast.Import() | ast.ImportFrom():
            return imported(node).get(NAME) != f"flax.{NAME}"
        case _:
            return True
