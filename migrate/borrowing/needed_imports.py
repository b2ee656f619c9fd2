"""Imports that a file got for its copies: those that it needs without them join the others, the rest go."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from migrate.borrowing.reading import Reading
from migrate.rewrite.imports import used_names
from migrate.rewrite.layout import width_of


def with_imports(file: Reading, imports: Mapping[str, str], text: str) -> str:
    """The text without the imports that nothing needs; names of one module are imported together."""
    used = used_names(ast.parse(text))
    newline = file.text.newline
    for name, line in imports.items():
        if name not in used:
            text = text.replace(line + newline, "", 1)
        elif (joined := _joined(file, text, line)) is not None:
            old, new = joined
            text = text.replace(line + newline, "", 1).replace(old + newline, new + newline, 1)
    return text


def _joined(file: Reading, text: str, line: str) -> tuple[str, str] | None:
    """The import of the same module that stands there, and what it becomes; None where it has no room."""
    own = ast.parse(line).body[0]
    for node in ast.parse(text).body:
        if not isinstance(node, ast.ImportFrom) or not isinstance(own, ast.ImportFrom):
            continue
        old = ast.unparse(node)
        names = [*node.names, *own.names]
        ordered = [a.name for a in node.names] == sorted(a.name for a in node.names)
        names = sorted(names, key=lambda a: a.name) if ordered else names
        new = ast.unparse(ast.ImportFrom(node.module, names, node.level))
        same = (node.module, node.level) == (own.module, own.level) and old != line
        if same and len(new) <= width_of(file.text.text) and f"{old}{file.text.newline}" in text:
            return old, new
    return None
