"""Train state classes whose only own field holds batch statistics: nothing of them is left."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class
from migrate.analysis.sites import CreateHolder, CreateState, Site
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def classes(facts: Facts, sites: Iterable[Site]) -> list[Class]:
    """The classes that go with their states."""
    return [*dict.fromkeys(s.cls for s in sites if isinstance(s, CreateState) and s.cls is not None)]


def remove(plan: Plan, cls: Class) -> None:
    """Take the class out of its file."""
    made = (site.cls for site in plan.facts.sites.values() if isinstance(site, CreateHolder))
    if cls in made:
        raise Blocked(cls.node, "LNX012", f"the field of `{cls.node.name}` holds different things")
    plan.edits.statements[cls.node] = []


def check_mentions(plan: Plan, cls: Class) -> None:
    """Nothing may name the class any more when every edit is known."""
    for node in mentions(plan.facts, cls.node):
        if not _goes(plan, node):
            message = f"`{cls.node.name}` is named here, and its states become a model and an optimizer"
            raise Blocked(node, "LNX012", message)


def mentions(facts: Facts, cls: ast.ClassDef) -> Iterator[ast.AST]:
    """Every name in the project that may stand for the class, in strings too."""
    for file in facts.files.by_path.values():
        names = {name for name, known in file.classes.items() if known is cls}
        if file is facts.file(cls):
            names.add(cls.name)
        for name in names:
            yield from facts.scopes.mentions(file.tree, name)
        if names:
            yield from (n for n in ast.walk(file.tree) if isinstance(n, ast.Constant) and n.value in names)


def _goes(plan: Plan, node: ast.AST) -> bool:
    """Whether an edit takes the node away."""
    scopes = plan.facts.scopes
    if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef | ast.alias):
        return True
    while not isinstance(node, ast.Module):
        if node in plan.edits.expressions or node in plan.edits.statements:
            return True
        if isinstance(node, ast.arg):
            function = scopes.parent[scopes.parent[node]]
            return node.arg in plan.edits.parameters.get(function, {})  # type: ignore[call-overload]
        node = scopes.parent[node]
    return False
