"""Class bodies: `__init__` in place of the fields, or of `setup`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import libcst as cst

from migrate.rewrite import lens
from migrate.rewrite.comments import as_lines, comments, joined, left_behind
from migrate.rewrite.edits import ClassEdit, Piece, Suite
from migrate.rewrite.expressions import laid_out, parsed_statement, text_of
from migrate.rewrite.page import Mismatch, Page, places

WriteLine = Callable[[Page, Any, list[ast.stmt], str], list[Any]]
"""Writes one line of statements; handed in, as class bodies and blocks hold one another."""


def class_body(page: Page, owner: ast.ClassDef, suite: Any, indent: str, write: WriteLine) -> list[Any]:
    """The statements of a class: `__init__` where the fields were, the rest as it is."""
    change = page.edits.classes[owner]
    lines = [line for line, _ in places(suite.body)]
    method = _method(page, change, dict(zip(owner.body, lines, strict=True)), suite.indent, indent, write)
    place = _place(owner, change)
    written: list[Any] = []
    for index, (statement, line) in enumerate(zip(owner.body, lines, strict=True)):
        if index == place:
            method = _after(written, method)
            written.append(method)
        if statement not in change.removed:
            new = write(page, line, [statement], indent)
            if (written and written[-1] is method) or index == place:
                new[0] = new[0].with_changes(leading_lines=_with_blank(new[0].leading_lines))
            written += new
    return written if place < len(lines) else [*written, _after(written, method)]


def without_keyword_mark(changed: Any) -> Any:
    """A class header without `kw_only=True`, which the `*` of `__init__` says."""
    kept = [arg for arg in changed.keywords if arg.keyword is None or arg.keyword.value != "kw_only"]
    if len(kept) == len(changed.keywords):
        return changed
    last = cst.MaybeSentinel.DEFAULT
    bases = changed.bases if kept else [arg.with_changes(comma=last) for arg in changed.bases]
    return changed.with_changes(bases=bases, keywords=kept)


def _place(owner: ast.ClassDef, change: ClassEdit) -> int:
    """The statement that `__init__` comes before: the first field, `setup`, or what follows the docstring."""
    if change.at is not None:
        return owner.body.index(change.at)
    removed = [i for i, statement in enumerate(owner.body) if statement in change.removed]
    return removed[0] if removed else int(ast.get_docstring(owner, clean=False) is not None)


def _after(before: list[Any], method: cst.FunctionDef) -> cst.FunctionDef:
    """The method behind a blank line, unless it comes first."""
    return method.with_changes(leading_lines=[cst.EmptyLine(indent=False)] if before else [])


def _with_blank(lines: Any) -> list[cst.EmptyLine]:
    has_blank = bool(lines) and lines[0].comment is None
    return [*lines] if has_blank else [cst.EmptyLine(indent=False), *lines]


def _method(
    page: Page,
    change: ClassEdit,
    lines: dict[ast.stmt, Any],
    step: str | None,
    indent: str,
    write: WriteLine,
) -> cst.FunctionDef:
    parameters = ", ".join(text_of(page, piece) for piece in change.method.parameters)
    header = laid_out(page, f"def {change.method.name}({parameters}):", indent)
    parsed = cst.parse_statement(f"{header} ...", config=page.module.config_for_parsing)
    inner = indent + (step or page.module.default_indent)
    body: list[Any] = []
    footer: list[cst.EmptyLine] = []
    carried: list[cst.EmptyLine] = []
    for piece, origin in change.method.body:
        if isinstance(piece, ast.stmt):
            line = _line_of(page, piece)
            new = write(page, line, [piece], inner)
            holder = page.parent[piece]
            if isinstance(holder, ast.FunctionDef) and piece is holder.body[0]:
                carried, footer = _around_body(page.homes[holder])
            if not new:
                carried += left_behind(line)
        else:
            new = [_written(page, piece, origin, lines, inner)]
        if new and carried:
            new[0] = new[0].with_changes(leading_lines=joined(carried, new[0].leading_lines))
            carried = []
        body += new
    footer = [*(entry for entry in carried if entry.comment), *footer]
    block = cst.IndentedBlock(body=body or [cst.parse_statement("pass")], indent=step, footer=footer)
    return cst.ensure_type(parsed, cst.FunctionDef).with_changes(body=block)


def _written(
    page: Page, piece: Piece | Suite, origin: ast.AST | None, lines: dict[ast.stmt, Any], indent: str
) -> Any:
    """A new statement, with the comments of what it was made from."""
    if isinstance(piece, Suite):
        return _suite(page, piece, lines, indent)
    new = parsed_statement(page, text_of(page, piece), indent)
    if isinstance(origin, ast.stmt):
        line = lines[origin] if origin in lines else _line_of(page, origin)
        lead = [entry for entry in line.leading_lines if entry.comment]
        kept = [*lead, *as_lines(_missing(line.body, new))]
        return new.with_changes(leading_lines=kept, trailing_whitespace=line.trailing_whitespace)
    moved = _missing(page.homes[origin], new) if origin is not None else []
    return new.with_changes(leading_lines=as_lines(moved))


def _suite(page: Page, piece: Suite, lines: dict[ast.stmt, Any], indent: str) -> Any:
    """A compound statement with its blocks."""
    inner = indent + page.module.default_indent
    body = [_written(page, line, source, lines, inner) for line, source in piece.lines]
    made: Any = cst.parse_statement(f"{text_of(page, piece.header)} pass")
    made = made.with_changes(body=cst.IndentedBlock(body=body))
    if not piece.otherwise:
        return made
    match piece.otherwise:
        case [(Suite(header) as alone, _)] if text_of(page, header).startswith("if "):
            return made.with_changes(orelse=_suite(page, alone, lines, indent))
        case _:
            pass
    other = [_written(page, line, source, lines, inner) for line, source in piece.otherwise]
    return made.with_changes(orelse=cst.Else(body=cst.IndentedBlock(body=other)))


def _missing(old: Any, new: Any) -> list[str]:
    return [comment for comment in comments(old) if comment not in comments(new)]


def _around_body(setup: cst.FunctionDef) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """The comments above the body of `setup`, those of its header too, and those below it."""
    above = [entry for entry in setup.leading_lines if entry.comment]
    header = comments([setup.params, setup.returns, getattr(setup.body, "header", None)])
    footer = getattr(setup.body, "footer", ())
    return [*above, *as_lines(header)], [entry for entry in footer if entry.comment]


def _line_of(page: Page, statement: ast.stmt) -> Any:
    """The line of a statement inside `setup`, found through its block."""
    holder = page.parent[statement]
    tree = page.homes[holder]
    for block, path in lens.blocks(holder, tree):
        for candidate, (line, _) in zip(block, places(lens.get(tree, path).body), strict=True):
            if candidate is statement:
                return line
    raise Mismatch("a statement has no line")
