"""Names that lead to Linen code although their file mentions none: what imports of such code are used in."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from migrate.analysis.project import Modules, Parts
from migrate.syntax import parse


class Carried:
    """By path: the names of a module that lead to Linen code; None stands for all of its names."""

    def __init__(self, modules: Modules, relevant: Iterable[str]) -> None:
        self._modules = modules
        self._names: dict[str, set[str] | None] = dict.fromkeys(relevant)

    def adopt(self, path: str, text: str) -> bool:
        """Take in a file that imports from those that are known; whether it has names that were not known."""
        known = self._names.get(path, set())
        try:
            tree = parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        if known is None:
            return False
        found = set(self._imported(path, tree))
        definitions = [(_bound(statement), _mentioned(statement)) for statement in tree.body] if found else []
        while more := {name for names, used in definitions if used & found for name in names} - found:
            found |= more
        self._names[path] = None if "*" in found else found
        return not found <= known

    def _imported(self, path: str, tree: ast.Module) -> Iterator[str]:
        """The local names of what a file imports; a star for all names of a module."""
        for node in ast.walk(tree):
            for name, level, parts in _bindings(node):
                module = self._modules.find(path, parts, level)
                inside = self._modules.find(path, parts[:-1], level)
                if module in self._names:
                    yield from [name] if name != "*" else self._names[module] or ["*"]
                elif inside in self._names and parts[-1] in (self._names[inside] or parts):
                    yield name


def _bindings(node: ast.AST) -> Iterator[tuple[str, int, Parts]]:
    """Each name that an import binds, with the dots and the parts of what it names."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                parts = tuple(alias.name.split("."))
                yield alias.asname or parts[0], 0, parts
        case ast.ImportFrom(names=names, level=level):
            module = tuple(node.module.split(".")) if node.module else ()
            for alias in names:
                parts = module if alias.name == "*" else (*module, alias.name)
                yield alias.asname or alias.name, level, parts
        case _:
            return


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _mentioned(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
