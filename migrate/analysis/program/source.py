"""The texts of the modules and the pieces of them that nodes stand for."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from migrate.analysis.program.scopes import Scopes


class Source:
    """Text by node; columns of `ast` count UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [line.encode() for line in text.splitlines(keepends=True)]

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The source of `node`, without the parentheses around it."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        end = node.end_col_offset
        if first == last:
            return self._lines[first][node.col_offset : end].decode()
        middle = self._lines[first + 1 : last]
        parts = [self._lines[first][node.col_offset :], *middle, self._lines[last][:end]]
        return b"".join(parts).decode()

    def lines(self, node: ast.stmt) -> str:
        """The whole lines that a statement stands on."""
        return b"".join(self._lines[node.lineno - 1 : node.end_lineno]).decode()

    def column(self, node: ast.expr | ast.stmt) -> int:
        """The column of a node in characters, from 1."""
        return len(self._lines[node.lineno - 1][: node.col_offset].decode()) + 1


@dataclass(frozen=True, eq=False)
class File:
    """One module of the project.

    `imports` maps the local names of its imports to what they name, `classes` those that are classes of
    other files.
    """

    path: str
    source: Source
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)

    @cached_property
    def attributes(self) -> tuple[ast.Attribute, ...]:
        """Every attribute that is named in the file."""
        return tuple(node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute))


class Files:
    """The modules of the project, and the one that a node stands in."""

    def __init__(self, files: Mapping[str, File], scopes: Scopes) -> None:
        self.by_path = files
        self._of_tree = {file.tree: file for file in files.values()}
        self._scopes = scopes

    def of(self, node: ast.AST) -> File:
        """The file that holds `node`."""
        return self._of_tree[self._scopes.module(node)]

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The source of `node`, without the parentheses around it."""
        return self.of(node).source.segment(node)
