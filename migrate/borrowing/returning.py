"""The functions in their own files again, as the engine wrote their copies."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

import libcst as cst

from migrate.borrowing.copying import Copied, stub
from migrate.borrowing.needed_imports import with_imports
from migrate.borrowing.reading import Project
from migrate.borrowing.uses import Borrowed
from migrate.inlining.marks import DOT
from migrate.inlining.outcomes import Unfold
from migrate.inlining.removing import taken_out
from migrate.inlining.spans import Edit, Text, applied
from migrate.rewrite.imports import settled
from migrate.unbound import unbound

GONE = ""
ADDED = frozenset({"nnx"})
"""What the engine may read in a function that it did not read before."""


def returned(
    project: Project, functions: Sequence[Borrowed], made: Mapping[str, Copied], changed: Mapping[str, str]
) -> dict[str, str]:
    """The texts of all files of which some were borrowed."""
    written: dict[Borrowed, list[str]] = {each: [] for each in functions}
    texts = {}
    for path, copy in made.items():
        if copy.names.copies and path not in changed:
            raise Unfold
        texts[path] = _without_copies(copy, changed.get(path, copy.text), written)
    for number, each in enumerate(functions):
        texts[each.path] = _with_definition(project, each, texts[each.path], number, written[each])
    return {path: _finished(made[path], text) for path, text in texts.items()}


def _without_copies(copy: Copied, text: str, written: dict[Borrowed, list[str]]) -> str:
    """The text of a file with its copies taken out, which become definitions as their own file has them."""
    source, edits = Text(text), []
    tree = ast.parse(text)
    for each, name in copy.names.copies.items():
        found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
        if len(found) > 1:
            raise Unfold
        written[each].append(_definition(copy, source, found[0], each) if found else GONE)
        edits += [_removal(source, function, each.path == copy.file.path) for function in found]
    text = applied(text, edits)[0]
    for each, name in copy.names.copies.items():
        spelled = {use.spelled for use in each.uses if use.path == copy.file.path} or {each.name}
        text = re.sub(rf"(?<!\w){name}(?!\w)", min(spelled), text)
    return text


def _removal(source: Text, function: ast.FunctionDef, at_home: bool) -> Edit:
    """The edit that takes a copy out, with the empty lines that came with it."""
    first, last = function.lineno, function.end_lineno or function.lineno
    if at_home:
        return Edit(source.line_start(first), source.line_start(last + 3), "")
    while first > 1 and source.lines[first - 2].startswith("#"):
        first -= 1
    blank = first > 2 and not "".join(source.lines[first - 3 : first - 1]).strip()
    return Edit(source.line_start(first - 2 if blank else first), source.line_start(last + 1), "")


def _definition(copy: Copied, source: Text, function: ast.FunctionDef, each: Borrowed) -> str:
    """The text of a copy with the names of the file that it came from."""
    names = {text: b.name for b, text in copy.names.copies.items()}
    edits = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in names:
            edits.append(Edit(source.start(node), source.end(node), names[node.id]))
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in copy.names.members:
            new = copy.names.members[ast.unparse(node)]
            edits.append(Edit(source.start(node), source.end(node), new))
    text = source.segment(function, edits).replace("\r\n", "\n")
    return re.sub(rf"(?<=def ){function.name}(?!\w)", each.name, text, count=1)


def _with_definition(project: Project, each: Borrowed, text: str, number: int, definitions: list[str]) -> str:
    """The text of a file with a function in it again."""
    if len({ast.dump(ast.parse(definition)) for definition in definitions}) != 1:
        raise Unfold
    new = min(definitions, key=lambda definition: definition.count("\n"))
    if not _free(ast.parse(new)) - _free(each.function) <= ADDED:
        raise Unfold
    source, tree = Text(text), ast.parse(text)
    found = [
        s
        for s in tree.body
        if isinstance(s, ast.Assign) and isinstance(s.value, ast.Constant) and s.value.value == stub(number)
    ]
    if len(found) != 1:
        raise Unfold
    if new == GONE and each.idle:
        raise Unfold
    if new == GONE:
        return applied(text, [taken_out(source, tree, found[0])])[0]
    newline = project.file(each.path).text.newline
    edit = Edit(source.start(found[0]), source.end(found[0]), new.replace("\n", newline))
    return applied(text, [edit])[0]


def _free(tree: ast.AST) -> set[str]:
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    own = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return {n.id for n in names} - own


def _finished(copy: Copied, text: str) -> str:
    """The text with the imports that it needs."""
    before = copy.file.text.text
    text = with_imports(copy.file, copy.names.imports, text)
    text = settled(cst.parse_module(text), ast.parse(before))
    if text.count(DOT) != before.count(DOT) or unbound(text) - unbound(before):
        raise Unfold
    return text
