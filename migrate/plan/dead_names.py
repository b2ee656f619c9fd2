"""Local names that nothing reads once a file is rewritten: `config = self.config` above layers that moved."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.program.parameters import all_parameters
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode
from migrate.plan.effects import has_no_effect

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LOOKING = frozenset({"dir", "eval", "exec", "locals", "vars"})
"""Functions that may read any local name."""


def dead_assignments(facts: Facts, before: ast.Module, after: str) -> list[ast.Assign]:
    """The statements of the old tree whose names the new text binds and never reads.

    Names that were not read before either stay, and so does what may do more than give a value.
    """
    now = dict(_functions(ast.parse(after)))
    found: list[ast.Assign] = []
    for name, function in _functions(before):
        if name in now:
            loaded, still = _names(function, ast.Load), _names(now[name], ast.Load)
            bound = _names(now[name], ast.Store)
            for statement in _assignments(function) if loaded.isdisjoint(LOOKING) else ():
                target = statement.targets[0]
                assert isinstance(target, ast.Name)
                unread = target.id in bound and target.id in loaded and target.id not in still
                if unread and has_no_effect(facts, statement.value):
                    found.append(statement)
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, FunctionNode]]:
    """The functions by their paths, without those whose path is that of another one too."""
    every = [*_inside(tree, "")]
    times = Counter(path for path, _ in every)
    return ((path, node) for path, node in every if times[path] == 1)


def _inside(node: ast.AST, path: str) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        inner = f"{path}.{child.name}" if isinstance(child, DEFINITIONS) else path
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inner, child
        yield from _inside(child, inner)


def _names(function: FunctionNode, context: type[ast.expr_context]) -> set[str]:
    """The names that a function reads or binds."""
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _assignments(function: FunctionNode) -> Iterator[ast.Assign]:
    """The only binding of a name of the function itself: `name = value`. Followed attributes have a dot."""
    own = [*_own(function)]
    bound = Counter(n.id for n in own if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    shared = {name for n in own if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    arguments = {a.arg for a in all_parameters(function)}
    once = {name for name, times in bound.items() if times == 1 and name.isidentifier()} - shared - arguments
    for node in own:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in once:
                yield node


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one, without those of functions and classes inside."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            yield from _own(child)
