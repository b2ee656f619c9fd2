"""Who imports a file: read off the import statements of the other files, without running anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath

from migrate.result import Importer
from migrate.syntax import parse

Parts = tuple[str, ...]


@dataclass(frozen=True)
class _Import:
    """One module named by an import statement; `level` counts the leading dots, `names` what it binds."""

    module: Parts
    level: int
    line: int
    names: Parts = ()


def find_importers(
    changed: Collection[str], texts: Mapping[str, str], known: Collection[str] = ()
) -> dict[str, tuple[Importer, ...]]:
    """Map each path of `changed` that other files import to the lines that do.

    `texts` are the files to look into and `known` further paths of the project; all paths are written
    from one root. An import is matched by the end of a path, as the root of a package cannot be known,
    unless a file beside or above the importing one answers to the name, or the path lies in packages (folders
    with an `__init__.py`) that the import does not name.
    """
    if not changed:
        return {}
    mentions = mention_pattern(changed)
    paths = {PurePosixPath(path) for path in (*changed, *texts, *known)}
    targets = sorted(PurePosixPath(path) for path in changed)
    found: dict[str, list[Importer]] = {}
    for path, text in sorted(texts.items()):
        for statement in _imports(text) if mentions(text) else ():
            for target in _resolve(statement, PurePosixPath(path), targets, paths):
                found.setdefault(str(target), []).append(Importer(path, statement.line, statement.names))
    return {path: tuple(sorted(set(importers))) for path, importers in sorted(found.items())}


def mention_pattern(changed: Collection[str]) -> Callable[[str], object]:
    """Return a cheap test for texts that could import one of `changed`."""
    stems = {_dotted(PurePosixPath(path))[-1:] for path in changed}
    words = "|".join(sorted(re.escape(stem) for (stem,) in filter(None, stems)))
    statement = rf"^[ \t]*(?:from|import)\b(?:\\\r?\n|[^\n(])*(?:\([^)]*)?\b(?:{words})\b"
    dynamic = rf"(?:import_module|__import__)\([^)]*\b(?:{words})\b"
    return re.compile(rf"{statement}|{dynamic}|from\s+\.+\s+import", re.MULTILINE).search


def _dotted(path: PurePosixPath) -> Parts:
    """Return the module name that ends in every import of `path`: ('pkg', 'train') of pkg/train.py."""
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _imports(text: str) -> Iterator[_Import]:
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = tuple(alias.name.split("."))
                yield from (_Import(module[:end], 0, node.lineno) for end in range(1, len(module) + 1))
        elif isinstance(node, ast.ImportFrom):
            yield from _from_import(node)
        elif isinstance(node, ast.Call):
            yield from _dynamic_import(node)


def _from_import(node: ast.ImportFrom) -> Iterator[_Import]:
    module = tuple(node.module.split(".")) if node.module else ()
    yield _Import(module, node.level, node.lineno, tuple(alias.name for alias in node.names))
    for alias in node.names:
        yield _Import((*module, alias.name), node.level, node.lineno)


def _dynamic_import(node: ast.Call) -> Iterator[_Import]:
    """Yield `importlib.import_module("a.b")` and `__import__("a.b")`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    match node.args:
        case [ast.Constant(value=str(module)), *_] if name in ("import_module", "__import__"):
            yield _Import(tuple(module.lstrip(".").split(".")), 0, node.lineno)


def _resolve(
    statement: _Import,
    importer: PurePosixPath,
    targets: list[PurePosixPath],
    paths: set[PurePosixPath],
) -> Iterator[PurePosixPath]:
    """Yield the targets that the statement can mean."""
    if statement.level:
        base = importer.parents[min(statement.level, len(importer.parents)) - 1]
        meant = _files(base, statement.module)
        yield from (target for target in targets if target in meant and target != importer)
        return
    size = len(statement.module)
    hits = [
        target
        for target in targets
        if target != importer and _dotted(target)[-size:] == statement.module and _depth(target, paths) < size
    ]
    if hits:
        near = {file for base in importer.parents for file in _files(base, statement.module)} & paths
        yield from (target for target in hits if not near or target in near)


def _depth(path: PurePosixPath, paths: set[PurePosixPath]) -> int:
    """In how many packages, one in the other, a module lies; a package does not lie in itself."""
    folders = path.parents if path.name != "__init__.py" else path.parents[1:]
    return len([*takewhile(lambda folder: folder / "__init__.py" in paths, folders)])


def _files(base: PurePosixPath, module: Parts) -> set[PurePosixPath]:
    place = base.joinpath(*module)
    package = place / "__init__.py"
    return {package, place.with_name(f"{place.name}.py")} if module else {package}
