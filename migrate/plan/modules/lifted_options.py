"""Options of a transform that go on: they are read where the module is called, not where it was lifted."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Lifted
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

AT_CALL = frozenset({"policy", "prevent_cse", "in_axes", "out_axes", "unroll", "reverse"})


def check_options(plan: Plan, lifted: Lifted, call: ast.Call) -> None:
    """Raise `Blocked` where an option reads a local variable of another function."""
    for option in lifted.site.keywords:
        if option.arg in AT_CALL:
            check_known(plan, option.value, call)
    if lifted.inner is not None:
        check_options(plan, lifted.inner, call)


def check_known(plan: Plan, given: ast.expr, call: ast.Call) -> None:
    """Raise `Blocked` where something that a transform is told cannot be read at a call."""
    scopes = plan.facts.scopes
    around = {*scopes.enclosing(scopes.scope[call])}
    for name in ast.walk(given):
        variable = scopes.variable(name, name.id) if isinstance(name, ast.Name) else None
        if variable is not None and variable.scope not in around and variable.name != "self":
            message = f"where this module is called nothing is known of `{variable.name}`"
            raise Blocked(given, "LNX130", message)
