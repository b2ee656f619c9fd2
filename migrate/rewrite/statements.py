"""Blocks of statements: lines replaced, lines inserted, comments kept."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import libcst as cst

from migrate.rewrite import lens
from migrate.rewrite.classes import class_body, without_keyword_mark
from migrate.rewrite.comments import as_lines, comments, joined, left_behind, lost, without_blank
from migrate.rewrite.edits import Piece, Template
from migrate.rewrite.expressions import below, code_of, parsed_statement, text_of, tree_of
from migrate.rewrite.functions import changed_function, without_decorators
from migrate.rewrite.page import Mismatch, Page, places

BLOCK = "\n    "
"""How a template begins a line of a block; in the file it is indented as the file does."""


def written_block(
    page: Page, statements: Sequence[ast.stmt], body: Any, indent: str
) -> tuple[list[Any], list[cst.EmptyLine]]:
    """The lines of a block, and the comments that its last lines leave behind."""
    groups: list[tuple[Any, list[ast.stmt]]] = []
    for statement, (line, _) in zip(statements, places(body), strict=True):
        if groups and groups[-1][0] is line:
            groups[-1][1].append(statement)
        else:
            groups.append((line, [statement]))
    written: list[Any] = []
    carried: list[cst.EmptyLine] = []
    for line, group in groups:
        new = written_line(page, line, group, indent) if any(s in page.spine for s in group) else [line]
        if not new:
            carried += left_behind(line)
            continue
        if carried:
            new[0] = new[0].with_changes(leading_lines=joined(carried, new[0].leading_lines))
            carried = []
        if line is not groups[0][0] and not written and indent:
            new[0] = new[0].with_changes(leading_lines=without_blank(new[0].leading_lines))
        written += new
        carried += trailing(page, line, group[0])
    return written, [entry for entry in carried if entry.comment]


def written_line(page: Page, line: Any, group: list[ast.stmt], indent: str) -> list[Any]:
    """One line of simple statements, or one compound statement, as the lines that take its place."""
    if not isinstance(line, cst.SimpleStatementLine):
        return written_compound(page, line, group[0], indent)
    edited = [s for s in group if s in page.edits.statements or s in page.edits.before]
    if edited and len(group) > 1:
        raise Mismatch("several statements on one line")
    if not edited:
        small = [
            tree_of(page, s) if s in page.spine else part for s, part in zip(group, line.body, strict=True)
        ]
        changed = line.with_changes(body=small)
        kept = not any(page.has_comment(statement) for statement in group)
        return [relaid(page, line, changed, indent, None if kept else moved(page, group))]
    statement = group[0]
    texts = [text_of(page, piece) for piece in page.edits.before.get(statement, [])]
    if statement in page.edits.statements:
        texts += [text_of(page, _indented(page, piece)) for piece in page.edits.statements[statement]]
        return replaced(page, line, texts, indent, None, page.has_comment(statement))
    own = line.with_changes(body=[tree_of(page, statement)])
    return replaced(page, line, texts, indent, own, page.has_comment(statement))


def _indented(page: Page, piece: Piece) -> Piece:
    """A piece whose own lines are indented as the file does."""
    if not isinstance(piece, Template):
        return piece
    step = f"\n{page.module.default_indent}"
    return Template(tuple(p.replace(BLOCK, step) if isinstance(p, str) else p for p in piece.parts))


def moved(page: Page, group: list[ast.stmt]) -> list[str]:
    """The comments that go to `__init__` with the layers built in these statements."""
    origins = {o for change in page.edits.classes.values() for o in change.method.origins()}
    inside = [node for statement in group for node in ast.walk(statement) if node in origins]
    return [text for node in inside for text in comments(page.homes[node])]


def relaid(page: Page, line: Any, changed: Any, indent: str, moved: list[str] | None) -> Any:
    """A changed line, broken anew if it has become too long; comments that lost their place go above.

    `moved` are comments that went elsewhere; None where the line has no comment at all.
    """
    code = code_of(page, changed.with_changes(leading_lines=[], trailing_whitespace=cst.TrailingWhitespace()))
    length, text = len(indent) + len(code.strip()), code.strip()
    if "\n" not in text and length + _tail(page, line) > page.width:
        broken = parsed_statement(page, text, indent, min(page.width, length - 1))
        changed = changed.with_changes(body=broken.body)
    if moved is None:
        return changed
    missing = lost(line, changed, moved)
    return changed.with_changes(leading_lines=[*changed.leading_lines, *as_lines(missing)])


def _tail(page: Page, line: Any) -> int:
    """The width of the comment behind a statement that was broken, which would be behind one line now."""
    comment = line.trailing_whitespace.comment if isinstance(line, cst.SimpleStatementLine) else None
    if comment is None or "\n" not in code_of(page, line.with_changes(leading_lines=[])).strip():
        return 0
    return len(line.trailing_whitespace.whitespace.value) + len(comment.value)


def replaced(page: Page, line: Any, texts: list[str], indent: str, last: Any, commented: bool) -> list[Any]:
    """New statements in place of a line; its comments stay with the first, its tail with the last."""
    new = [parsed_statement(page, text, indent) for text in texts]
    if last is not None:
        new.append(relaid(page, line, last.with_changes(leading_lines=[]), indent, None))
    if not new:
        return []
    for place, (before, after) in enumerate(pairwise(new), start=1):
        if isinstance(before, cst.FunctionDef):
            new[place] = after.with_changes(leading_lines=[cst.EmptyLine(indent=False), *after.leading_lines])
    if isinstance(new[-1], cst.SimpleStatementLine):
        new[-1] = new[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
    above = [*line.leading_lines]
    if isinstance(new[0], cst.FunctionDef) and (not above or above[0].comment):
        above.insert(0, cst.EmptyLine(indent=False))
    new[0] = new[0].with_changes(leading_lines=above)
    missing = lost(line, cst.IndentedBlock(body=new)) if commented else []
    lines = [*new[0].leading_lines, *as_lines(missing)]
    return [new[0].with_changes(leading_lines=lines), *new[1:]]


def written_compound(page: Page, line: Any, statement: ast.stmt, indent: str) -> list[Any]:
    """A compound statement with what goes in front of it; some may go as a whole."""
    if (
        isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.If)
        and page.edits.statements.get(statement) == []
    ):
        return []
    if statement in page.edits.statements:
        raise Mismatch("a compound statement is replaced")
    if isinstance(statement, ast.If) and statement in page.edits.unwrapped:
        return unwrapped(page, line, statement, indent)
    changed = headed(page, statement, line, indent)
    before = [
        parsed_statement(page, text_of(page, piece), indent) for piece in page.edits.before.get(statement, [])
    ]
    if before:
        before[0] = before[0].with_changes(leading_lines=changed.leading_lines)
        changed = changed.with_changes(leading_lines=[])
    return [*before, changed]


def unwrapped(page: Page, line: Any, statement: ast.If, indent: str) -> list[Any]:
    """What remains of a condition: the lines of one block in its place, with the comments of the rest."""
    kept = page.edits.unwrapped[statement]
    suite = remaining(page, line, statement)
    if suite is None:
        return []
    if isinstance(suite, cst.If):
        new = written_line(page, suite, kept, indent)
    elif isinstance(suite, cst.IndentedBlock):
        new, _ = written_block(page, kept, suite.body, indent)
    else:
        inner = cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)
        new = written_line(page, inner, kept, indent)
    if not new:
        return []
    behind = trailing(page, line, statement)
    missing = lost(line.with_changes(leading_lines=[]), cst.IndentedBlock(body=new, footer=behind))
    above = [*line.leading_lines, *as_lines(missing), *without_blank(new[0].leading_lines)]
    return [new[0].with_changes(leading_lines=above), *new[1:]]


def remaining(page: Page, line: Any, statement: ast.If) -> Any:
    """The suite of a condition that remains without it; None where there is none."""
    kept = page.edits.unwrapped[statement]
    path = next((path for block, path in lens.blocks(statement, line) if block and block is kept), None)
    return None if path is None else lens.get(line, path)


def trailing(page: Page, line: Any, statement: ast.stmt) -> list[cst.EmptyLine]:
    """The comments at the end of a block that remains without its condition: they stay behind it."""
    unwraps = isinstance(statement, ast.If) and statement in page.edits.unwrapped
    suite = remaining(page, line, statement) if unwraps and isinstance(statement, ast.If) else None
    footer = suite.footer if isinstance(suite, cst.IndentedBlock) else []
    return [entry for entry in footer if entry.comment]


def headed(page: Page, statement: ast.stmt, line: Any, indent: str) -> Any:
    """A compound statement: its header by expressions, its suites block by block."""
    changed = below(page, statement, line)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        changed = changed_function(page, statement, line, changed, indent)
    if isinstance(statement, ast.ClassDef):
        changed = without_decorators(page, statement, changed)
    if statement in page.edits.classes:
        changed = without_keyword_mark(changed)
    for block, path in lens.blocks(statement, line):
        if statement not in page.edits.classes and not any(child in page.spine for child in block):
            continue
        suite = lens.get(line, path)
        if isinstance(suite, cst.If):
            new: Any = headed(page, block[0], suite, indent)
        else:
            new = written_suite(page, block, suite, indent, statement)
        changed = lens.put(changed, path, new)
    return changed


def written_suite(page: Page, block: list[ast.stmt], suite: Any, indent: str, owner: ast.stmt) -> Any:
    """The indented block of `owner`."""
    if not isinstance(suite, cst.IndentedBlock):
        return written_tail(page, block, suite, indent)
    inner = indent + (suite.indent or page.module.default_indent)
    if isinstance(owner, ast.ClassDef) and owner in page.edits.classes:
        return suite.with_changes(body=class_body(page, owner, suite, inner, written_line))
    body, orphans = written_block(page, block, suite.body, inner)
    body = body or [cst.parse_statement("pass")]
    return suite.with_changes(body=body, footer=[*orphans, *suite.footer])


def written_tail(page: Page, block: list[ast.stmt], suite: Any, indent: str) -> Any:
    """Statements on the line of their header: `if x: y = 1`. They stay there if they still fit."""
    old = cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)
    new = written_line(page, old, block, indent + page.module.default_indent)
    if len(new) == 1 and isinstance(new[0], cst.SimpleStatementLine) and not new[0].leading_lines:
        before, after = code_of(page, old).strip(), code_of(page, new[0]).strip()
        length = max(map(len, page.source.lines(block[0]).splitlines()))
        if before.count("\n") == after.count("\n") and length + len(after) - len(before) <= page.width:
            return suite.with_changes(body=new[0].body)
    return cst.IndentedBlock(new or [cst.parse_statement("pass")])
