"""`@nn.remat` and `@nn.jit` on `__call__`, which NNX has as well, or on the class above it."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.modules.lifted import ALLOWED
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drawing import drawing
from migrate.rewrite.edits import Template

LIFTED = {"flax.linen.remat": "nnx.remat", "flax.linen.jit": "nnx.jit"}


def lifts_method(plan: Plan, cls: Class, decorator: ast.expr) -> bool:
    """Write a transform of `__call__`; False where the decorator is something else."""
    if not _is_transform(plan, decorator):
        return False
    method = plan.facts.scopes.parent[decorator]
    assert isinstance(method, ast.FunctionDef)
    _write(plan, cls, decorator, method)
    return True


def lifts_class(plan: Plan, cls: Class, decorator: ast.expr) -> bool:
    """Write a transform of a class at its `__call__`, in the place of `@nn.compact`."""
    if not _is_transform(plan, decorator):
        return False
    method = own_methods(cls).get("__call__")
    marks = method.decorator_list if method is not None else []
    compact = [plan.facts.values.get(mark) for mark in marks] == [Symbol("flax.linen.compact")]
    if method is None or not compact or len(cls.node.decorator_list) > 1:
        message = "a transform of a class is not followed here: put it on its `__call__`"
        raise Blocked(decorator, "LNX130", message)
    _write(plan, cls, decorator, method)
    plan.edits.decorators.add(decorator)
    plan.edits.expressions[marks[0]] = Template((decorator,))
    return True


def _is_transform(plan: Plan, decorator: ast.expr) -> bool:
    value = plan.facts.values.get(_parts(plan, decorator)[0])
    return isinstance(value, Symbol) and value.name in LIFTED


def _write(plan: Plan, cls: Class, decorator: ast.expr, method: ast.FunctionDef) -> None:
    transform, options = _parts(plan, decorator)
    value = plan.facts.values.get(transform)
    assert isinstance(value, Symbol)
    if {option.arg for option in options} - ALLOWED[value.name]:
        raise Blocked(decorator, "LNX130", "a transform of `__call__` has an option that has no rewriting")
    if method.args.kwonlyargs or "__call__" in drawing(plan, cls):
        message = "`__call__` takes keys or flags by keyword only, which a transform of NNX refuses"
        raise Blocked(decorator, "LNX130", message)
    plan.edits.expressions[transform] = LIFTED[value.name]


def _parts(plan: Plan, decorator: ast.expr) -> tuple[ast.expr, list[ast.keyword]]:
    """The transform and its options: `@nn.remat`, or `@partial(nn.remat, prevent_cse=False)`."""
    match decorator:
        case ast.Call(func=function, args=[transform], keywords=options) if plan.facts.values.get(
            function
        ) == Symbol("functools.partial"):
            return transform, options
        case _:
            return decorator, []
