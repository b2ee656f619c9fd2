"""`@nn.remat` and `@nn.jit` on `__call__`, which NNX has as well."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.lifted import ALLOWED
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drawing import drawing

LIFTED = {"flax.linen.remat": "nnx.remat", "flax.linen.jit": "nnx.jit"}


def lifts_method(plan: Plan, cls: Class, decorator: ast.expr) -> bool:
    """Write a transform of `__call__`; False where the decorator is something else."""
    transform, options = _parts(plan, decorator)
    value = plan.facts.values.get(transform)
    if not isinstance(value, Symbol) or value.name not in LIFTED:
        return False
    method = plan.facts.scopes.parent[decorator]
    assert isinstance(method, ast.FunctionDef)
    if {option.arg for option in options} - ALLOWED[value.name]:
        raise Blocked(decorator, "LNX130", "a transform of `__call__` has an option that has no rewriting")
    if method.args.kwonlyargs or "__call__" in drawing(plan, cls):
        message = "`__call__` takes keys or flags by keyword only, which a transform of NNX refuses"
        raise Blocked(decorator, "LNX130", message)
    plan.edits.expressions[transform] = LIFTED[value.name]
    return True


def _parts(plan: Plan, decorator: ast.expr) -> tuple[ast.expr, list[ast.keyword]]:
    """The transform and its options: `@nn.remat`, or `@partial(nn.remat, prevent_cse=False)`."""
    match decorator:
        case ast.Call(func=function, args=[transform], keywords=options) if plan.facts.values.get(
            function
        ) == Symbol("functools.partial"):
            return transform, options
        case _:
            return decorator, []
