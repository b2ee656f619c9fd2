"""`__post_init__` that only checks fields: `__init__` checks them as soon as they are set."""

from __future__ import annotations

import ast
import builtins

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import base_of, field_names, is_extended, own_methods
from migrate.plan.context import Plan

ACTING = frozenset(
    ["super", "print", "open", "input", "exec", "eval", "setattr", "delattr", "vars", "globals", "locals"]
)
"""What a check has no business with."""
KNOWN = frozenset({"self", *dir(builtins)}) - ACTING


def field_checks(plan: Plan, cls: Class) -> list[ast.stmt] | None:
    """The checks of `__post_init__`; None where it does anything else."""
    method = own_methods(cls).get("__post_init__")
    if method is None or method.decorator_list or base_of(cls) is not None:
        return None
    if is_extended(cls, plan.facts.classes) or ast.unparse(method.args) != "self":
        return None
    above = [s for s in method.body if ast.unparse(s) == "super().__post_init__()"]
    checks = [s for s in method.body if s not in above]
    return checks if len(above) == 1 and all(_is_check(plan, cls, s) for s in checks) else None


def _is_check(plan: Plan, cls: Class, statement: ast.stmt) -> bool:
    match statement:
        case ast.Assert():
            return _reads_fields(plan, cls, statement)
        case ast.If(body=[ast.Raise()], orelse=[]):
            return _reads_fields(plan, cls, statement)
        case _:
            return False


def _reads_fields(plan: Plan, cls: Class, statement: ast.stmt) -> bool:
    """Whether a statement reads nothing but fields and builtins."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not (node.id in KNOWN and isinstance(node.ctx, ast.Load)):
            return False
        if isinstance(node, ast.Name) and node.id == "self":
            above = plan.parent(node)
            if not isinstance(above, ast.Attribute) or above.attr not in field_names(cls):
                return False
        if isinstance(node, ast.Lambda | ast.NamedExpr | ast.comprehension | ast.Await | ast.Yield):
            return False
    return True
