"""One body of a helper as it stands in front of a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.inlining.constants import settled_arguments
from migrate.inlining.flags import decided
from migrate.inlining.helpers import Case, Helper
from migrate.inlining.marks import MARK, Unfit, assigned
from migrate.inlining.renaming import renamed
from migrate.inlining.sides import Taken
from migrate.inlining.spans import Edit, Text


def body_lines(
    source: Text, helper: Helper, case: Case, call: ast.Call, number: int, indent: str
) -> list[tuple[str, int]]:
    """The lines of a body for one call, each with the line that it stood on."""
    function = case.function
    edits = settled_arguments(source, helper, function, call, renamed(source, helper, case, call, number))
    if isinstance(function, ast.Lambda):
        value = source.segment(function.body, edits)
        return assigned(f"result{MARK}{number}", value, indent, function.lineno)
    body = without_docstring(function)
    returns = [n for n in ast.walk(function) if isinstance(n, ast.Return)]
    edits += [Edit(s, s + len("return"), f"result{MARK}{number} =") for s in map(source.start, returns)]
    first = first_line(source, function)
    last = function.end_lineno or first
    if first > body[0].lineno or any(not source.stands_alone(s) for s in body):
        raise Unfit

    def copy(start: int, end: int, inner: str) -> Iterator[tuple[str, int]]:
        text = source.piece(source.line_start(start), source.line_start(end + 1), edits)
        shifted = [_shifted(line.rstrip("\r\n"), inner, indent) for line in text.splitlines()]
        yield from zip(shifted, range(start, end + 1), strict=True)

    sides = decided(source, helper)
    return [*Taken(source, sides, call, number, indent, copy).lines(body, first, last)]


def without_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    """The statements of a function that do something."""
    return function.body[ast.get_docstring(function) is not None :]


def first_line(source: Text, function: ast.FunctionDef) -> int:
    """The first line of the body, comments above its first statement included."""
    body = without_docstring(function)
    if not body:
        raise Unfit
    line = body[0].lineno
    begin = function.body[0].end_lineno or 0 if body[0] is not function.body[0] else function.lineno
    while line - 1 > begin and source.lines[line - 2].strip()[:1] in ("", "#"):
        line -= 1
    while not source.lines[line - 1].strip():
        line += 1
    return line


def _shifted(line: str, inner: str, indent: str) -> str:
    if not line.strip():
        return ""
    return indent + (line[len(inner) :] if line.startswith(inner) else line.lstrip())
