"""Apply a plan's edits to a module."""

from __future__ import annotations

import ast

import libcst as cst

from migrate.rewrite.edits import Edits
from migrate.rewrite.layout import width_of
from migrate.rewrite.page import Page
from migrate.rewrite.statements import written_block


def write(text: str, tree: ast.Module, edits: Edits, parent: dict[ast.AST, ast.AST]) -> cst.Module:
    """The libcst module of `text` with `edits` applied."""
    page = Page(cst.parse_module(text), edits, parent, width_of(text))
    page.find_homes(tree)
    body, orphans = written_block(page, tree.body, page.module.body, "")
    return page.module.with_changes(body=body, footer=[*orphans, *page.module.footer])
