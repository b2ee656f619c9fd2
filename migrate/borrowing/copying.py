"""The files with copies of the functions that they borrow, and a text in place of each function."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.borrowing.borrowed import is_in
from migrate.borrowing.names import Names, copy_name
from migrate.borrowing.reading import Project, Reading
from migrate.borrowing.uses import Borrowed
from migrate.inlining.marks import Unfit
from migrate.inlining.spans import Edit, applied

Place = tuple[str, int]


@dataclass(frozen=True)
class Copied:
    """A file with its copies: the text, where its lines were before, and what the names are."""

    file: Reading
    text: str
    places: list[Place]
    names: Names


def stub(number: int) -> str:
    """The text that stands for a function in its own file."""
    return f"linen2nnx-borrowed-{number}"


def copied(project: Project, functions: Sequence[Borrowed]) -> dict[str, Copied]:
    """The files that define or call the functions."""
    paths = {use.path for each in functions for use in each.uses} | {each.path for each in functions}
    return {path: _file(project, project.file(path), functions) for path in sorted(paths)}


def _file(project: Project, file: Reading, functions: Sequence[Borrowed]) -> Copied:
    copies = {each: _name(file, each) for each in _needed(file, functions)}
    if len({*copies.values()}) != len(copies):
        raise Unfit
    names = Names(project, file, copies)
    edits: list[Edit] = []
    origins: list[Place] = []
    bodies = {node for each in functions for node in ast.walk(each.function)}
    for each, name in copies.items():
        for use in each.uses:
            if use.path == file.path and use.node not in bodies:
                edits.append(Edit(file.text.start(use.node), file.text.end(use.node), name))
    edits += _definitions(project, names, functions, origins)
    text, lines = applied(file.text.text, edits)
    places = [(file.path, line) if line > 0 else origins[-line - 1] for line in lines]
    return Copied(file, text, places, names)


def _needed(file: Reading, functions: Sequence[Borrowed]) -> list[Borrowed]:
    """The functions that a file calls, and what is called in these."""
    bodies = {node for each in functions for node in ast.walk(each.function)}
    found = [f for f in functions if any(u.path == file.path and u.node not in bodies for u in f.uses)]
    while more := [f for f in functions if f not in found and any(is_in(f, other) for other in found)]:
        found += more
    return [each for each in functions if each in found]


def _name(file: Reading, each: Borrowed) -> str:
    spelled = {use.spelled for use in each.uses if use.path == file.path} or {each.name}
    name = copy_name(min(spelled))
    if len(spelled) != 1 or file.mentions(name):
        raise Unfit
    return name


def _definitions(
    project: Project, names: Names, functions: Sequence[Borrowed], origins: list[Place]
) -> list[Edit]:
    """Copies behind the imports, and in the file of a function in front of the text that stands for it."""
    file = names.file
    edits, behind = [], []
    for number, each in enumerate(functions):
        copy = _copy(project, names, each) if each in names.copies else None
        if each.path == file.path:
            lines = [*(copy or []), *([("", each.function.lineno)] * 2 if copy else [])]
            lines.append((f'{each.name} = "{stub(number)}"', each.function.lineno))
            start, end = file.text.start(each.function), file.text.end(each.function)
            edits.append(_edit(file, each.path, start, end, lines, origins))
        elif copy:
            behind.append((each, [("", 1), ("", 1), *_comments(project, each), *copy]))
    if behind:
        at = _behind_imports(file)
        imports = [(line, 1) for line in dict.fromkeys(names.imports.values())]
        lines = [*imports, *(line for _, copy in behind for line in copy), ("", 1)]
        edits.append(_edit(file, behind[0][0].path, at, at, lines, origins))
    return edits


def _edit(
    file: Reading, path: str, start: int, end: int, lines: list[tuple[str, int]], origins: list[Place]
) -> Edit:
    """An edit whose lines are known by negative numbers."""
    numbers = []
    for _, line in lines:
        origins.append((path, line))
        numbers.append(-len(origins))
    text = file.text.newline.join(line for line, _ in lines)
    return Edit(start, end, text, tuple(numbers))


def _copy(project: Project, names: Names, each: Borrowed) -> list[tuple[str, int]]:
    """The lines of a copy."""
    home = project.file(each.path).text
    edits = names.edits(each)
    start = home.start(each.function)
    found = re.match(rf"def\s+{re.escape(each.name)}\b", home.text[start:])
    if found is None:
        raise Unfit
    edits.append(Edit(start + found.end() - len(each.name), start + found.end(), names.copies[each]))
    text = home.segment(each.function, edits)
    first = each.function.lineno
    return [(line, first + at) for at, line in enumerate(text.replace("\r\n", "\n").split("\n"))]


def _comments(project: Project, each: Borrowed) -> list[tuple[str, int]]:
    """The comments right above a function."""
    lines, first = project.file(each.path).text.lines, each.function.lineno
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    return [(lines[n - 1].rstrip(), n) for n in range(first, each.function.lineno)]


def _behind_imports(file: Reading) -> int:
    """Where the copies may stand: behind the imports at the top."""
    last = 0
    for statement in file.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            last = statement.end_lineno or 0
        elif isinstance(statement, ast.ClassDef | ast.FunctionDef):
            break
    if not last:
        raise Unfit
    return file.text.line_start(last + 1)
