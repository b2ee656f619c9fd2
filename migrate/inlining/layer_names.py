"""Names of layers that are put together from what a helper is given."""

from __future__ import annotations

import ast
from collections.abc import Mapping

QUOTES = frozenset("\\\"'")


def given_text(node: ast.expr) -> str | None:
    """What stands between the quotes of a text or number that is given; None for anything else."""
    match node:
        case ast.Constant(value=str() | int() as value) if not {*"{}", *QUOTES} & set(str(value)):
            return str(value)
        case ast.JoinedStr():
            text = ast.unparse(node)
            return text[2:-1] if not QUOTES & set(text[2:-1]) else None
        case _:
            return None


def layer_text(node: ast.expr, given: Mapping[str, str]) -> str | None:
    """The same of a name that a helper makes of what it is `given`."""
    match node:
        case ast.Name(id=name) | ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None):
            return given.get(name)
        case ast.JoinedStr(values=values):
            parts = [layer_text(value, given) for value in values]
            return None if None in parts else "".join(part or "" for part in parts)
        case ast.Constant(value=str()):
            return given_text(node)
        case _:
            return None
