"""Where a definition and its `init` can meet in one construction: at the one place or at the other."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from migrate.analysis.facts import Facts
from migrate.analysis.program.names import imported
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Init
from migrate.plan.effects import has_no_effect


def never_meet(facts: Facts, definition: ast.Call, site: Init) -> bool:
    """Whether the key is not there yet at the definition, which may not wait for it either."""
    begin, end = facts.scopes.statement(definition), facts.scopes.statement(site.node)
    if begin is end or not between(facts, begin, end) or can_wait(facts, definition, end):
        return False
    return not is_available(facts, begin, end, names_in(site.key))


def can_wait(facts: Facts, definition: ast.Call, end: ast.stmt) -> bool:
    """Whether the definition would be the same if it was made right before `end`."""
    parts = [*definition.args, *(keyword.value for keyword in definition.keywords)]
    passed = between(facts, facts.scopes.statement(definition), end)
    return all(is_lasting(facts, part) for part in parts) and not _binds(passed, names_in(definition))


def is_lasting(facts: Facts, value: ast.expr) -> bool:
    """Whether an expression gives the same when it is evaluated some lines earlier or later."""
    return has_no_effect(facts, value) and not any(isinstance(n, ast.Subscript) for n in ast.walk(value))


def is_available(facts: Facts, begin: ast.stmt, end: ast.stmt, names: frozenset[str]) -> bool:
    """Whether the names have their values where the definition stands already."""
    block = facts.scopes.block(begin)
    passed = block[block.index(begin) : block.index(end)]
    return block.index(begin) < block.index(end) and not _binds(passed, names)


def between(facts: Facts, begin: ast.stmt, end: ast.stmt) -> list[ast.stmt]:
    """The statements between two of one block."""
    block = facts.scopes.block(begin)
    return block[block.index(begin) + 1 : block.index(end)]


def _binds(statements: Sequence[ast.stmt], names: frozenset[str]) -> bool:
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names:
                return True
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
                return True
            if isinstance(node, (ast.Import, ast.ImportFrom)) and names & set(imported(node)):
                return True
    return False
