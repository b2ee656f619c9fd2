"""The module classes of a project by themselves: what they need of its files, and nothing that uses them."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.corpus.linen_code import module_classes
from migrate.analysis.program.names import imported, relative
from migrate.analysis.program.project import Modules
from migrate.syntax import parse

Name = tuple[str, str]
STOOD_IN = frozenset({"PretrainedConfig"})
"""Classes that are not looked into, as a class of the benchmark stands for them."""


@dataclass
class _File:
    """One file: its tree, which statements bind each name, and the names that are kept."""

    tree: ast.Module
    bound: dict[str, list[ast.stmt]]
    kept: set[str] = field(default_factory=set)


def by_themselves(sources: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """The Linen modules of `sources`, and what they mention, with what `texts` hold of the project."""
    return _reached(texts, [(place.path, place.name) for place in module_classes(sources)])


def settings_of(sources: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """The classes that fields of Linen modules are annotated with, as far as `texts` hold them."""
    places = module_classes(sources)
    known = {(place.path, place.name, place.line) for place in places}
    wanted: list[Name] = []
    for path in {place.path for place in places}:
        for cls in ast.walk(_parsed(sources[path])):
            if isinstance(cls, ast.ClassDef) and (path, cls.name, cls.lineno) in known:
                notes = [each.annotation for each in cls.body if isinstance(each, ast.AnnAssign)]
                names = [node.id for note in notes for node in ast.walk(note) if isinstance(node, ast.Name)]
                wanted += [(path, name) for name in names if "onfig" in name]
    return _reached(texts, wanted)


def _reached(texts: Mapping[str, str], waiting: list[Name]) -> dict[str, str]:
    """The reduced files that some names need."""
    files: dict[str, _File] = {}
    modules = Modules(texts)
    while waiting:
        path, name = waiting.pop()
        if path not in files:
            tree = _parsed(texts[path])
            files[path] = _File(tree, _bound(tree))
        file = files[path]
        if name in file.bound and name not in file.kept:
            file.kept.add(name)
            for statement in file.bound[name]:
                waiting += _wanted(file, modules, path, statement, name)
    return {path: _reduced(file) for path, file in files.items() if file.kept}


def _parsed(text: str) -> ast.Module:
    try:
        return parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _bound(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """The names that the top level of a module binds, with the statements that do."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in bound_names(statement):
            found.setdefault(name, []).append(statement)
    return found


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top level binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from imported(statement)
        case ast.If() | ast.Try() | ast.With():
            for inner in ast.iter_child_nodes(statement):
                if isinstance(inner, ast.stmt):
                    yield from bound_names(inner)
        case _:
            stores = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            yield from (node.id for node in stores if isinstance(node.ctx, ast.Store))


def _wanted(file: _File, modules: Modules, path: str, statement: ast.stmt, name: str) -> Iterator[Name]:
    """What one kept statement needs: names of its own file, and members of the modules that it imports."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        level, parts = relative(imported(statement)[name])
        holder = modules.find(path, parts[:-1], level) if parts[:-1] or level else None
        if holder is not None and parts[-1] not in STOOD_IN:
            yield holder, parts[-1]
        return
    reached = global_names(statement)
    for node in _without_annotations(statement):
        if isinstance(node, ast.Name):
            if node.id in reached:
                yield path, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            origin = _origin(file, node.value.id)
            level, parts = relative(origin) if origin else (0, ())
            holder = modules.find(path, parts, level) if parts else None
            if holder is not None:
                yield holder, node.attr


def global_names(statement: ast.stmt) -> set[str]:
    """The names of the module that a statement at its top level mentions, however deep."""
    tables = [symtable.symtable(ast.unparse(statement), "", "exec")]
    found = set(tables[0].get_identifiers())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return found


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are evaluated once annotations are texts."""
    yield node
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "returns"}:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _without_annotations(child)


def _origin(file: _File, name: str) -> str:
    statements = file.bound.get(name, [])
    imports = [statement for statement in statements if isinstance(statement, (ast.Import, ast.ImportFrom))]
    return imported(imports[-1])[name] if imports else ""


def _reduced(file: _File) -> str:
    """The text of a file with what is kept of it."""
    body = [kept for statement in file.tree.body if (kept := _part(statement, file.kept)) is not None]
    return f"from __future__ import annotations\n{ast.unparse(ast.Module(body, []))}\n"


def _part(statement: ast.stmt, kept: Iterable[str]) -> ast.stmt | None:
    match statement:
        case ast.ImportFrom(module="__future__"):
            return None
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            known = imported(statement)
            left = [a for a in names if (a.asname or a.name.split(".")[0]) in kept and known]
            if not left:
                return None
            if isinstance(statement, ast.Import):
                return ast.Import(left)
            return ast.ImportFrom(statement.module, left, statement.level)
        case _:
            return statement if set(bound_names(statement)) & set(kept) else None
