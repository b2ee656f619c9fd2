"""The arguments of layers where constants that a call gives decide them, as `use_bias=norm is None`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.inlining.flags import answer, constants
from migrate.inlining.helpers import Body, Helper
from migrate.inlining.marks import outermost
from migrate.inlining.spans import Edit, Text

TESTS = (ast.Compare, ast.BoolOp, ast.UnaryOp)


def settled_arguments(
    source: Text, helper: Helper, function: Body, call: ast.Call, edits: list[Edit]
) -> list[Edit]:
    """The edits of a body for one call, with those that decide arguments of what it makes."""
    known = constants(helper, function, call)
    quoted = {p for n in ast.walk(function) if isinstance(n, ast.JoinedStr) for p in ast.walk(n)}
    found: list[Edit] = []
    for node in (n for made in _made(function) for n in ast.walk(made) if n is not made and n not in quoted):
        new: str | None = None
        if isinstance(node, TESTS) and isinstance(held := answer(node, known), bool):
            new = str(held)
        elif isinstance(node, ast.IfExp) and isinstance(held := answer(node.test, known), bool):
            new = source.segment(node.body if held else node.orelse, edits)
        if new is not None and "\n" not in new:
            found.append(Edit(source.start(node), source.end(node), new))
    return outermost([*edits, *dict.fromkeys(found)])


def _made(function: Body) -> Iterator[ast.Call]:
    """The calls that make something of a class."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name[:1].isupper():
                yield node
            case _:
                pass
