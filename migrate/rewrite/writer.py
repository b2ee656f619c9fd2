"""Apply a plan's edits to a module."""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

from migrate.analysis.program.source import Source
from migrate.rewrite.edits import Edits
from migrate.rewrite.helper_classes import text_of_helper
from migrate.rewrite.helper_functions import FUNCTIONS
from migrate.rewrite.layout import width_of
from migrate.rewrite.page import Page
from migrate.rewrite.statements import written_block

DEFINITIONS = (cst.ClassDef, cst.FunctionDef)


def write(source: Source, tree: ast.Module, edits: Edits, parent: dict[ast.AST, ast.AST]) -> cst.Module:
    """The libcst module of a source with `edits` applied."""
    page = Page(cst.parse_module(source.text), source, edits, parent, width_of(source.text))
    page.find_homes(tree)
    body, orphans = written_block(page, tree.body, page.module.body, "")
    body = with_helpers(body, sorted(name for _, name in edits.helpers), page.module.default_indent)
    return page.module.with_changes(body=body, footer=[*orphans, *page.module.footer])


def with_helpers(body: list[Any], names: list[str], indent: str) -> list[Any]:
    """The body of a module with classes in front of its first one, and functions before they are needed."""
    classes = [name for name in names if name not in FUNCTIONS]
    at = next((i for i, statement in enumerate(body) if isinstance(statement, cst.ClassDef)), 0)
    body = [*body[:at], *(_helper(text_of_helper(name), indent) for name in classes), *body[at:]]
    functions = [name for name in names if name in FUNCTIONS]
    return _with_functions(body, functions, indent) if functions else body


def _helper(text: str, indent: str) -> Any:
    tree = cst.parse_module(text.replace("    ", indent)).body[0]
    assert isinstance(tree, cst.ClassDef | cst.FunctionDef)
    return tree.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2)


def _with_functions(body: list[Any], names: list[str], indent: str) -> list[Any]:
    """In front of the first definition, or behind the imports if the module needs them earlier."""
    imports = [i + 1 for i, line in enumerate(body) if _is_import(line)]
    after = imports[-1] if imports else 0
    at = next((i for i, line in enumerate(body) if isinstance(line, DEFINITIONS)), len(body))
    early = [i for i, line in enumerate(body[:at]) if any(_names(line, name) for name in names)]
    at = after if early or at == len(body) else at
    new = [_helper(FUNCTIONS[name], indent) for name in names]
    rest = body[at:]
    if rest and not isinstance(rest[0], DEFINITIONS):
        lines = [line for line in rest[0].leading_lines if line.comment]
        rest[0] = rest[0].with_changes(leading_lines=[*[cst.EmptyLine(indent=False)] * 2, *lines])
    return [*body[:at], *new, *rest]


def _is_import(line: Any) -> bool:
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    return isinstance(small, cst.Import | cst.ImportFrom)


def _names(line: Any, name: str) -> bool:
    return f"{name}(" in cst.Module(body=[line]).code
