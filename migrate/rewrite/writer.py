"""Apply a plan's edits to a module."""

from __future__ import annotations

import ast

import libcst as cst

from migrate.analysis.source import Source
from migrate.rewrite.edits import Edits
from migrate.rewrite.layout import width_of
from migrate.rewrite.page import Page
from migrate.rewrite.statements import written_block


def write(source: Source, tree: ast.Module, edits: Edits, parent: dict[ast.AST, ast.AST]) -> cst.Module:
    """The libcst module of a source with `edits` applied."""
    page = Page(cst.parse_module(source.text), source, edits, parent, width_of(source.text))
    page.find_homes(tree)
    body, orphans = written_block(page, tree.body, page.module.body, "")
    return page.module.with_changes(body=body, footer=[*orphans, *page.module.footer])
