"""Apply a plan's edits to a module."""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

from migrate.analysis.program.source import Source
from migrate.rewrite.edits import Edits
from migrate.rewrite.helper_classes import TEXTS
from migrate.rewrite.layout import width_of
from migrate.rewrite.page import Page
from migrate.rewrite.statements import written_block


def write(source: Source, tree: ast.Module, edits: Edits, parent: dict[ast.AST, ast.AST]) -> cst.Module:
    """The libcst module of a source with `edits` applied."""
    page = Page(cst.parse_module(source.text), source, edits, parent, width_of(source.text))
    page.find_homes(tree)
    body, orphans = written_block(page, tree.body, page.module.body, "")
    body = with_helpers(body, sorted(name for _, name in edits.helpers), page.module.default_indent)
    return page.module.with_changes(body=body, footer=[*orphans, *page.module.footer])


def with_helpers(body: list[Any], names: list[str], indent: str) -> list[Any]:
    """The body of a module with classes in front of its first one."""
    at = next((i for i, statement in enumerate(body) if isinstance(statement, cst.ClassDef)), 0)
    new = []
    for name in names:
        tree = cst.parse_module(TEXTS[name].replace("    ", indent)).body[0]
        assert isinstance(tree, cst.ClassDef)
        new.append(tree.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2))
    return [*body[:at], *new, *body[at:]]
