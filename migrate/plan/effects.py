"""Expressions that do nothing but give a value: these may be left out, or move."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Symbol

PURE = (
    "jax.numpy.",
    "jax.random.",
    "flax.linen.",
    *(f"numpy.{name}" for name in ("array", "asarray", "empty", "full", "ones", "prod", "zeros")),
)
PURE_BUILTINS = frozenset(
    f"builtins.{name}" for name in ("float", "int", "len", "list", "max", "min", "tuple")
)

WAITING = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def has_no_effect(facts: Facts, value: ast.AST) -> bool:
    """Whether all that `value` calls is known to do nothing but give a value."""
    calls = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
    callees = [facts.values.get(call.func) for call in calls]
    names = [callee.name if isinstance(callee, Symbol) else "" for callee in callees]
    waits = any(isinstance(node, WAITING) for node in ast.walk(value))
    return not waits and all(name.startswith(PURE) or name in PURE_BUILTINS for name in names)
