"""Iterators, which hold something else each time that they are read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from migrate.analysis.kinds import Function, Symbol
from migrate.analysis.program.scopes import TURNS

if TYPE_CHECKING:
    from migrate.analysis.facts import Facts

MAKERS = {f"builtins.{name}" for name in ("zip", "map", "filter", "enumerate", "reversed", "iter", "open")}


def is_used_up(facts: Facts, name: ast.Name, value: ast.expr) -> bool:
    """Whether a name holds an iterator that something else, or another turn of a loop, reads as well."""
    if not is_iterator(facts, value):
        return False
    reads = facts.scopes.names(facts.scopes.variable(name, name.id))
    return sum(isinstance(read.ctx, ast.Load) for read in reads) > 1 or _is_repeated(facts, name, value)


def is_iterator(facts: Facts, value: ast.expr) -> bool:
    """Whether an expression makes an iterator."""
    if not isinstance(value, ast.Call):
        return isinstance(value, ast.GeneratorExp)
    match facts.values.get(value.func):
        case Symbol(name):
            return name in MAKERS or name.startswith("itertools.")
        case Function(node=node):
            return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
        case _:
            return False


def _is_repeated(facts: Facts, name: ast.Name, value: ast.expr) -> bool:
    """Whether the name stands in a loop that its value stands before."""
    node: ast.AST = name
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
        above = facts.scopes.parent[node]
        begins = isinstance(above, ast.For) and node is above.iter
        if isinstance(above, TURNS) and not begins and value not in {*ast.walk(above)}:
            return True
        node = above
    return False
