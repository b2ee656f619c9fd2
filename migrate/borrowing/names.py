"""What the names in a function are called in a file that borrows it."""

from __future__ import annotations

import ast
import builtins
from pathlib import PurePath

from migrate.borrowing.reading import Import, Project, Reading
from migrate.borrowing.uses import Borrowed
from migrate.inlining.marks import DOT, Unfit
from migrate.inlining.spans import Edit


def copy_name(spelled: str) -> str:
    """The name of a copy, as long as what the calls call the function."""
    return spelled.replace(".", DOT) if "." in spelled else spelled[:-1] + DOT


class Names:
    """The names in the copies of one file, and the imports that they need there."""

    def __init__(self, project: Project, file: Reading, copies: dict[Borrowed, str]) -> None:
        self.project = project
        self.file = file
        self.copies = copies
        self.imports: dict[str, str] = {}
        self.members: dict[str, str] = {}
        """What is read of the module of a function, with its name there."""

    def edits(self, each: Borrowed) -> list[Edit]:
        """The edits of the text of a function that make it one of the file."""
        home = self.project.file(each.path)
        quoted = {p for n in ast.walk(each.function) if isinstance(n, ast.JoinedStr) for p in ast.walk(n)}
        found = []
        for node in (n for n in ast.walk(each.function) if isinstance(n, ast.Name)):
            variable = home.scopes.variable(node, node.id)
            if variable is not None and variable.scope is not home.tree:
                continue
            text = self._spelled(each, home, node) if variable is not None else self._own(node.id)
            if text != node.id and node in quoted:
                raise Unfit
            if text != node.id:
                found.append(Edit(home.text.start(node), home.text.end(node), text))
        return found

    def _own(self, name: str) -> str:
        """A name of Python's own, which the file must not take."""
        if name not in dir(builtins) or name in self.file.scopes.bound[self.file.tree]:
            raise Unfit
        return name

    def _spelled(self, each: Borrowed, home: Reading, node: ast.Name) -> str:
        copy = next(
            (text for b, text in self.copies.items() if b.path == each.path and b.name == node.id), None
        )
        if copy is not None:
            return copy
        if home is self.file:
            return node.id
        if node.id not in home.imports:
            return self._member(each, node.id)
        known = home.only_import(node.id)
        if known is None:
            raise Unfit
        return self._imported(home, node.id, known)

    def _imported(self, home: Reading, name: str, known: Import) -> str:
        """A name that an import binds, which the file has too or gets."""
        near = PurePath(home.path).parent == PurePath(self.file.path).parent
        if known.origin.startswith(".") and not near:
            raise Unfit
        here = self.file.only_import(name)
        if here is not None and here.origin == known.origin:
            return name
        if self.file.mentions(name):
            raise Unfit
        alias = next(a for a in known.statement.names if (a.asname or a.name.split(".")[0]) == name)
        if alias.asname is None and "." in alias.name:
            raise Unfit
        text = ast.unparse(ast.alias(alias.name, alias.asname))
        if isinstance(known.statement, ast.ImportFrom):
            module = "." * known.statement.level + (known.statement.module or "")
            self.imports[name] = f"from {module} import {text}"
        else:
            self.imports[name] = f"import {text}"
        return name

    def _member(self, each: Borrowed, name: str) -> str:
        """What the module of a function binds itself."""
        uses = (u for b in self.copies if b.path == each.path for u in b.uses if u.path == self.file.path)
        use = next(uses, None)
        if use is None:
            raise Unfit
        if isinstance(use.node, ast.Attribute):
            text = f"{ast.unparse(use.node.value)}.{name}"
            self.members[text] = name
            return text
        known = self.file.only_import(use.node.id)
        here = self.file.only_import(name)
        if known is None or not isinstance(known.statement, ast.ImportFrom):
            raise Unfit
        module = known.origin.rpartition(".")[0]
        if here is not None and here.origin == f"{module}{'' if module.endswith('.') else '.'}{name}":
            return name
        if self.file.mentions(name):
            raise Unfit
        self.imports[name] = f"from {'.' * known.statement.level}{known.statement.module or ''} import {name}"
        return name
