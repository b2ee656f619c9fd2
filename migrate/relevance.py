"""Which files the engine has to read: those that mention Linen or a train state, and their neighbours."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from migrate.analysis.program.project import Modules, Parts, module_name

NEEDLE = re.compile(r"\blinen\b|train_state|TrainState|\bnnx\b")
"""A text without any of these holds nothing of its own that the engine knows of; `onnx` is none of them."""

_STATEMENT = re.compile(r"^[ \t]*((?:from|import)\b(?:[^\n(\\#;]|\\\r?\n|\([^)]*\))*)", re.MULTILINE)

_JAX = re.compile(r"^[ \t]*(?:import|from)[ \t]+jax\b", re.MULTILINE)


def is_relevant(text: str) -> bool:
    """Whether a text mentions what the engine looks for."""
    return NEEDLE.search(text) is not None


def connected(relevant: Iterable[str], others: Iterable[str], text_of: Callable[[str], str]) -> list[str]:
    """Those paths among `others` that import a `relevant` one, or that a `relevant` one imports.

    A file that only mentions Flax counts for nothing here. What is imported by what was imported is only read
    where that one computes with JAX, or is an `__init__.py`, which exports from its package.
    """
    relevant, others = [path for path in relevant if is_relevant(text_of(path))], [*others]
    if not relevant or not others:
        return []
    modules = Modules([*relevant, *others])
    known = {*relevant}
    mentions = _mentioning(map(module_name, relevant))
    found = [
        path
        for path in others
        if mentions.search(text := text_of(path)) and not known.isdisjoint(_imported(modules, path, text))
    ]
    waiting = [*relevant]
    taken = {*relevant, *found}
    while waiting:
        path = waiting.pop()
        for reached in _imported(modules, path, text_of(path)):
            if reached not in taken:
                taken.add(reached)
                found.append(reached)
                waiting += [reached] if _reads_on(reached, text_of(reached)) else []
    return found


def _reads_on(path: str, text: str) -> bool:
    """Whether what a file imports matters, too, where it is only there because another one imports it."""
    return path.endswith("__init__.py") or _JAX.search(text) is not None


def _mentioning(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted({re.escape(name) for name in names}))})\b")


def importing(
    visible: Mapping[str, Collection[str]], others: Mapping[str, str], paths: Iterable[str]
) -> list[str]:
    """Those `others`, paths with texts, that import one of the `visible` names of a path, or its module."""
    if not visible or not others:
        return []
    modules = Modules(paths)
    mentions = _mentioning((*map(module_name, visible), *(n for names in visible.values() for n in names)))
    return [
        path
        for path, text in others.items()
        if mentions.search(text) and any(_reaches(visible, modules, path, *name) for name in _names(text))
    ]


def _reaches(
    visible: Mapping[str, Collection[str]], modules: Modules, importer: str, level: int, name: Parts
) -> bool:
    """Whether an import means a module with such names, or one of them; `from a import *` names `a`."""
    if modules.find(importer, name, level) in visible:
        return True
    inside = modules.find(importer, name[:-1], level) if name else None
    return inside is not None and name[-1] in visible.get(inside, ())


def _imported(modules: Modules, path: str, text: str) -> Iterator[str]:
    """The files of the project that a file imports."""
    for level, module in _names(text):
        if (reached := modules.find(path, module, level)) is not None and reached != path:
            yield reached


def _names(text: str) -> Iterator[tuple[int, Parts]]:
    for statement in _STATEMENT.findall(text):
        try:
            node = ast.parse(statement.strip()).body[0]
        except (SyntaxError, ValueError, IndexError):
            continue
        if isinstance(node, ast.Import):
            yield from ((0, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            yield node.level, module
            yield from ((node.level, (*module, alias.name)) for alias in node.names if alias.name != "*")
