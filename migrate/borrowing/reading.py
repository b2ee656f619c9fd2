"""The files of a project as far as functions of one are called in another."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from migrate.analysis.program.names import imported, relative
from migrate.analysis.program.project import Modules
from migrate.analysis.program.scopes import Scopes
from migrate.inlining.spans import EXOTIC, Text


@dataclass(frozen=True)
class Import:
    """What binds a name in a file: the statement, and the qualified name that it stands for."""

    statement: ast.Import | ast.ImportFrom
    origin: str


class Reading:
    """One file, parsed when it is asked for."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = Text(text)
        self.tree = ast.parse(text)
        self.scopes = Scopes([self.tree])

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        """What imports anywhere in the file bind, by its name."""
        found: dict[str, list[Import]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name, origin in imported(node).items():
                    found.setdefault(name, []).append(Import(node, origin))
        return found

    def only_import(self, name: str) -> Import | None:
        """The import at the top of the file that alone binds a name there."""
        found = self.imports.get(name, [])
        bound = [n for n in self.scopes.mentions(self.tree, name) if not _reads(n)]
        here = [n for n in bound if self.scopes.scope[n] is self.tree]
        if len(found) != 1 or here != [found[0].statement] or found[0].statement not in self.tree.body:
            return None
        return found[0]

    def mentions(self, name: str) -> bool:
        """Whether a word stands anywhere in the text."""
        return re.search(rf"\b{re.escape(name)}\b", self.text.text) is not None


class Project:
    """All files by their paths."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources
        self.modules = Modules(sources)
        self._read: dict[str, Reading] = {}

    def file(self, path: str) -> Reading:
        """A file as it is parsed."""
        if path not in self._read:
            self._read[path] = Reading(path, self.sources[path])
        return self._read[path]

    def with_word(self, name: str) -> list[Reading]:
        """The files whose text holds a word."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        return [self.file(path) for path, text in self.sources.items() if word.search(text)]

    def module(self, importer: str, origin: str) -> str | None:
        """The path of the module that a qualified name means as `importer` imports it."""
        level, parts = relative(origin)
        return self.modules.find(importer, parts, level) if parts else None

    def holder(self, importer: str, origin: str) -> str | None:
        """The path of the module of which a qualified name means a member."""
        level, parts = relative(origin)
        return self.modules.find(importer, parts[:-1], level) if parts[:-1] or level else None

    def is_own(self, importer: str, origin: str) -> bool:
        """Whether a qualified name belongs to the project."""
        level, parts = relative(origin)
        known = self.module(importer, origin) or self.holder(importer, origin)
        return bool(level or known) or self.modules.is_package(importer, parts[:1], level)


def is_readable(text: str) -> bool:
    """Whether lines can be counted in a text as Python does."""
    return EXOTIC.isdisjoint(text)


def _reads(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
