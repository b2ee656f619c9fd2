"""Imports: names of libraries stay names, those of the project's own modules are what they hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from migrate.analysis.kinds import UNKNOWN, Class, Namespace, Symbol, Value
from migrate.analysis.program.names import canonical, imported, relative
from migrate.analysis.program.project import Modules
from migrate.analysis.program.source import File
from migrate.analysis.run import Run


def in_order_of_import(files: Mapping[str, File], modules: Modules) -> list[File]:
    """The files, each behind those that it imports; circles are cut where they are entered."""
    ordered: dict[str, File] = {}
    entered: set[str] = set()

    def visit(path: str) -> None:
        if path not in entered:
            entered.add(path)
            for other in _imported_paths(files[path], modules):
                visit(other)
            ordered[path] = files[path]

    for path in sorted(files):
        visit(path)
    return [*ordered.values()]


def related(files: Mapping[str, File], modules: Modules) -> dict[str, frozenset[str]]:
    """For each file those that values may come from or go to: what imports join, in either direction."""
    groups = {path: {path} for path in files}
    for path, file in files.items():
        for other in _imported_paths(file, modules):
            if (joined := groups[path]) is not groups[other]:
                joined |= groups[other]
                groups.update(dict.fromkeys(groups[other], joined))
    return {path: frozenset(group) for path, group in groups.items()}


def when_imported(tree: ast.Module) -> list[ast.stmt]:
    """The statements that run whenever a module is imported."""
    return tree.body[: len(tree.body) - len(when_started(tree))]


def when_started(tree: ast.Module) -> list[ast.stmt]:
    """The statements at the end that only run where the module is the program itself."""
    return tree.body[-1:] if tree.body and _is_main(tree.body[-1]) else []


def _is_main(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")]
            ),
            orelse=[],
        ):
            return True
        case _:
            return False


def _imported_paths(file: File, modules: Modules) -> Iterator[str]:
    for node in (node for statement in when_imported(file.tree) for node in ast.walk(statement)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for origin in _origins(node):
                level, parts = relative(origin)
                for end in (len(parts), len(parts) - 1):
                    path = modules.find(file.path, parts[:end], level) if end or level else None
                    if path is not None and path != file.path:
                        yield path


def _origins(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = "." * node.level + (node.module or "")
    return [module, *imported(node).values()]


def bind(run: Run, statement: ast.Import | ast.ImportFrom) -> None:
    """Bind what an import statement brings in."""
    file = run.facts.file(statement)
    for name, origin in imported(statement).items():
        value = _value(run, file.path, origin)
        run.frame.vars[name] = value
        file.imports[name] = origin
        if isinstance(value, Class):
            file.classes[name] = value.node
        message = "a followed value is imported from another file: hand it over, or build it where it is used"
        run.escape(statement, "LNX013", message, value)
    if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
        _bind_all(run, file.path, statement)


def _bind_all(run: Run, importer: str, statement: ast.ImportFrom) -> None:
    path = run.modules.find(importer, tuple((statement.module or "").split(".")), statement.level)
    frame = run.module_frames.get(path) if path is not None else None
    if path is not None:
        run.facts.imported.add((importer, path))
    for name, value in frame.vars.items() if frame is not None else ():
        if not name.startswith("_"):
            run.frame.vars[name] = value


def _value(run: Run, importer: str, origin: str) -> Value:
    """What `origin` names: a module or a member of one of the project's, or a name of a library."""
    level, parts = relative(origin)
    value = member(run, Namespace(importer, level, parts[:-1]), parts[-1]) if parts else UNKNOWN
    return Symbol(canonical(origin)) if value == UNKNOWN and not level else value


def member(run: Run, holder: Namespace, name: str) -> Value:
    """`holder.name`: what the module binds, or a module below it."""
    importer, level, parts = holder.importer, holder.level, holder.parts
    path = run.modules.find(importer, parts, level) if parts or level else None
    if path is not None:
        run.facts.imported.add((importer, path))
    frame = run.module_frames.get(path) if path is not None else None
    if frame is not None and name in frame.vars:
        return frame.vars[name]
    inner = (*parts, name)
    if (below := run.modules.find(importer, inner, level)) is not None:
        run.facts.imported.add((importer, below))
    if below is not None or run.modules.is_package(importer, inner, level):
        return Namespace(importer, level, inner)
    return UNKNOWN
