"""The page being written: a libcst module, the edits, and where the nodes on the way to an edit stand."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from migrate.analysis.program.source import Source
from migrate.rewrite import lens
from migrate.rewrite.edits import Edits, Piece, gather


class Mismatch(Exception):
    """The two trees of one source do not fit together: a fault of this tool."""


@dataclass
class Page:
    """One module; `spine` holds every node on the way to an edit, `homes` its libcst node."""

    module: cst.Module
    source: Source
    edits: Edits
    parent: dict[ast.AST, ast.AST]
    width: int
    spine: set[ast.AST] = field(default_factory=set)
    edited: set[ast.AST] = field(default_factory=set)
    homes: dict[ast.AST, Any] = field(default_factory=dict)

    def find_homes(self, tree: ast.Module) -> None:
        """Mark the way to each edit, then walk it in both trees at once."""
        edited = targets(self.edits)
        self._mark(self.edited, edited)
        self.spine |= self.edited
        held = [node for node in holes(self.edits) if not self._as_it_stands(node)]
        self._mark(self.spine, held)
        locate_block(self, tree.body, self.module.body)
        for node in (*edited, *held):
            if node not in self.homes and isinstance(node, (ast.expr, ast.stmt)):
                raise Mismatch(f"line {node.lineno}: an edit has no place in the text")

    def _as_it_stands(self, node: ast.AST) -> bool:
        return isinstance(node, ast.expr) and node not in self.edited and self.on_one_line(node)

    def _mark(self, marked: set[ast.AST], nodes: list[ast.AST]) -> None:
        for node in nodes:
            current: ast.AST | None = node
            while current is not None and current not in marked:
                marked.add(current)
                current = self.parent.get(current)

    def on_one_line(self, node: ast.expr) -> bool:
        """Whether the text of `node` can be taken from the source as it stands."""
        return node.lineno == node.end_lineno

    def has_comment(self, statement: ast.stmt) -> bool:
        """Whether a comment may stand inside or behind a statement."""
        return "#" in self.source.lines(statement)


def targets(edits: Edits) -> list[ast.AST]:
    """Every node that has an edit of its own."""
    groups: tuple[Any, ...] = (
        *(edits.expressions, edits.statements, edits.before, edits.arguments),
        *(edits.added, edits.parameters, edits.classes, edits.decorators, edits.keyword_only),
        edits.unwrapped,
    )
    origins = [origin for change in edits.classes.values() for origin in change.method.origins()]
    return [*(node for group in groups for node in group), *origins]


def holes(edits: Edits) -> list[ast.AST]:
    """Every node that a template holds."""
    found: list[ast.AST] = []
    for piece in pieces(edits):
        gather(piece, found)
    return found


def pieces(edits: Edits) -> list[Piece]:
    """Every piece of every edit."""
    pieces: list[Piece] = [*edits.expressions.values()]
    for group in (*edits.statements.values(), *edits.before.values()):
        pieces += group
    for arguments in edits.arguments.values():
        pieces += [piece for new in arguments.values() for _, piece in new]
    for added in edits.added.values():
        pieces += [piece for _, piece in added]
    for parameters in edits.parameters.values():
        pieces += [piece for new in parameters.values() for piece in new]
    for change in edits.classes.values():
        pieces += [*change.method.parameters, *change.method.pieces()]
    return pieces


def locate_block(page: Page, statements: Sequence[ast.stmt], body: Any) -> None:
    for statement, (line, position) in zip(statements, places(body), strict=True):
        if statement in page.spine:
            small = line.body[position] if position is not None else line
            page.homes[statement] = small
            locate_below(page, statement, small)


def locate_below(page: Page, node: ast.AST, tree: Any) -> None:
    for child, path in lens.expressions(node, tree):
        if child in page.spine:
            page.homes[child] = lens.get(tree, path)
            locate_below(page, child, page.homes[child])
    for block, path in lens.blocks(node, tree):
        suite = lens.get(tree, path)
        locate_block(page, block, [suite] if isinstance(suite, cst.If) else suite.body)


def places(body: Any) -> list[tuple[Any, int | None]]:
    """Each statement of a libcst block: its line, and its place on it if it is a simple one."""
    places: list[tuple[Any, int | None]] = []
    for line in body:
        if isinstance(line, cst.SimpleStatementLine):
            places += [(line, i) for i in range(len(line.body))]
        elif isinstance(line, cst.BaseSmallStatement):
            places.append((cst.SimpleStatementLine(body=[line]), 0))
        else:
            places.append((line, None))
    return places
