"""Statements that were broken for longer names, on one line again."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from migrate.inlining.spans import Edit, Text
from migrate.rewrite.layout import flat, wrapped


def are_short(statements: Sequence[ast.stmt], body: str) -> list[bool]:
    """For each simple statement whether it stood on one line; empty where there are others now."""
    old = _simple(statements)
    new = _simple(ast.parse(_as_plain(body)).body)
    return [s.lineno == s.end_lineno for s in old] if len(old) == len(new) else []


def _as_plain(body: str) -> str:
    return "def f():\n" + "".join(f" {line}\n" for line in body.splitlines())


def _simple(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    every = [n for s in statements for n in ast.walk(s) if isinstance(n, ast.stmt)]
    simple = [s for s in every if not hasattr(s, "body")]
    return sorted(simple, key=lambda s: (s.lineno, s.col_offset))


def reflown(body: str, indent: str, width: int, short: list[bool]) -> str:
    """The body with statements on one line that fit there again."""
    source = Text(_as_plain(body))
    edits = []
    for at, statement in enumerate(_simple(ast.parse(source.text).body)):
        text = source.segment(statement)
        if "\n" not in text or (short and not short[at]):
            continue
        inside = " " * (len(source.indent(statement)) - 1)
        joined = flat(text)
        if "\n" not in joined:
            new = wrapped(joined, indent + inside, width, "    ")
            new = re.sub(rf"\n{re.escape(indent)}", "\n ", new)
            edits.append(Edit(source.start(statement), source.end(statement), new))
    text = source.piece(0, len(source.text), edits)
    return "\n".join(line[1:] for line in text.split("\n")[1:]).strip("\n")
