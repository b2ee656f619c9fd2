"""Where a function of one file is called in all of them; a function that is named otherwise is left alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.program.scopes import Variable
from migrate.borrowing.reading import Project, Reading
from migrate.inlining.marks import Unfit

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Use:
    """One call: what names the function there."""

    path: str
    node: ast.Name | ast.Attribute

    @property
    def spelled(self) -> str:
        """The name as it is written."""
        return ast.unparse(self.node)


@dataclass(frozen=True)
class Borrowed:
    """A function and all its calls."""

    path: str
    function: ast.FunctionDef
    uses: tuple[Use, ...]
    idle: bool = False
    """Whether a file imports it that does not call it, or lists it among what it exports."""

    @property
    def name(self) -> str:
        """What its own file calls it."""
        return self.function.name


def read(project: Project, path: str, function: ast.FunctionDef) -> Borrowed:
    """A function with all its calls; raises where anything else names it, or could."""
    found: list[Use] = []
    idle = False
    for file in project.with_word(function.name):
        nodes = [*_own(file, function)] if file.path == path else [*_of_others(project, file, path, function)]
        for node in nodes:
            call = file.scopes.parent[node]
            if not isinstance(call, ast.Call) or call.func is not node:
                raise Unfit
            found.append(Use(file.path, node))
        if _is_quoted(file, function.name):
            raise Unfit
        idle |= function.name in file.imports and not any(isinstance(n, ast.Name) for n in nodes)
        idle |= any(isinstance(n, ast.Constant) and n.value == function.name for n in ast.walk(file.tree))
    return Borrowed(path, function, tuple(found), idle)


def _own(file: Reading, function: ast.FunctionDef) -> list[ast.Name]:
    """The names that denote it in its own file, which binds it once."""
    mentions = file.scopes.mentions(file.tree, function.name)
    others = [n for n in mentions if not isinstance(n, ast.Name) and file.scopes.scope[n] is file.tree]
    if others != [function]:
        raise Unfit
    return file.scopes.names(Variable(file.tree, function.name))


def _of_others(
    project: Project, file: Reading, path: str, function: ast.FunctionDef
) -> Iterator[ast.Name | ast.Attribute]:
    """What denotes it in a file that imports it, or its module."""
    for statement in ast.walk(file.tree):
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            module = "." * statement.level + (statement.module or "")
            if project.module(file.path, module) == path or project.is_own(file.path, module):
                raise Unfit
    for name, found in file.imports.items():
        for each in found:
            if each.origin.rpartition(".")[2] == function.name and _may_be(project, file, each.origin, path):
                names = file.scopes.names(Variable(file.tree, name))
                exported = not names and file.path.endswith("__init__.py")
                if file.only_import(name) is not each or name != function.name or exported:
                    raise Unfit
                yield from names
    for node in ast.walk(file.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr == function.name
            and _is_it(project, file, node, path)
        ):
            yield node


def _may_be(project: Project, file: Reading, origin: str, path: str) -> bool:
    """Whether an import of its name brings it in; raises where another file of the project is in between."""
    if project.holder(file.path, origin) == path:
        return True
    if _is_between(project, file, project.holder(file.path, origin), origin):
        raise Unfit
    return False


def _is_between(project: Project, file: Reading, holder: str | None, origin: str) -> bool:
    """Whether a name of another file may be the function: one that this file does not define itself."""
    name = origin.rpartition(".")[2]
    if holder is None:
        return project.is_own(file.path, origin)
    return not any(isinstance(s, DEFINITIONS) and s.name == name for s in project.file(holder).tree.body)


def _is_it(project: Project, file: Reading, node: ast.Attribute, path: str) -> bool:
    """Whether `module.name` denotes it; raises where that cannot be told."""
    root: ast.expr = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name) or root.id not in file.imports:
        return False
    known = file.only_import(root.id)
    plain = root is node.value and file.scopes.variable(root, root.id) == Variable(file.tree, root.id)
    if known is not None and plain and project.module(file.path, known.origin) == path:
        return True
    for each in file.imports[root.id]:
        holder = project.module(file.path, each.origin) if plain else None
        if project.is_own(file.path, each.origin) and _is_between(project, file, holder, f".{node.attr}"):
            raise Unfit
    return False


def _is_quoted(file: Reading, name: str) -> bool:
    """Whether a text spells a name, but for the list of what a file exports."""
    exported = {
        n
        for s in file.tree.body
        if isinstance(s, ast.Assign) and ast.unparse(s.targets[0]) == "__all__"
        for n in ast.walk(s)
    }
    quoted = (n for n in ast.walk(file.tree) if isinstance(n, ast.Constant) and n.value == name)
    return any(node not in exported for node in quoted)
