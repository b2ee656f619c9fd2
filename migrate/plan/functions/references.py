"""Functions whose parameters change may only go where every call of them is known."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Method, Mixed, Value
from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.sites import Choose
from migrate.analysis.training import pullbacks
from migrate.analysis.training.dynamic_scales import GRADIENT
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.parameters import receivers
from migrate.plan.functions.positions import function_of


def check_references(plan: Plan) -> None:
    """A function whose parameters change may only be called, compiled, differentiated or returned."""
    changed = {f for f, names in plan.edits.parameters.items() if any(v != (k,) for k, v in names.items())}
    for node, value in plan.facts.values.items():
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            continue
        functions = _functions(value)
        if functions & changed and not _allowed(plan, node):
            raise Blocked(node, "LNX010", "a function that takes a train state is handed on as a value")
        if len(functions) > 1 and any(_moves(plan, function) for function in functions & changed):
            raise Blocked(node, "LNX010", "one of several functions that take a train state is meant here")


def _functions(value: Value) -> set[FunctionNode]:
    """The functions that a value may be."""
    parts = value.parts if isinstance(value, Mixed) else {value}
    return {function for part in parts if (function := function_of(part)) is not None}


def _moves(plan: Plan, function: FunctionNode) -> bool:
    """Whether the arguments of a function stand elsewhere than before."""
    return any(len(new) != 1 for new in plan.edits.parameters[function].values())


def _allowed(plan: Plan, node: ast.expr) -> bool:
    parent = plan.parent(node)
    match parent:
        case ast.Call(func=function) if function is node:
            return True
        case ast.Call() | ast.keyword() if receivers(plan, node):
            return True
        case ast.Call(args=[first, *_]) if first is node:
            return function_of(plan.facts.values.get(parent)) is not None or _is_grad(plan, parent)
        case ast.Call() | ast.List() | ast.Tuple() if _is_branch(plan, node):
            return True
        case ast.Attribute() if isinstance(plan.facts.values.get(parent), Method):
            return True
        case ast.Return() | ast.Assign() | ast.Compare(ops=[ast.Is() | ast.IsNot()]):
            return True
        case _:
            return False


def _is_branch(plan: Plan, node: ast.expr) -> bool:
    """Whether a function is one of those that a condition chooses from."""
    parent = plan.parent(node)
    given = parent if isinstance(parent, ast.List | ast.Tuple) else node
    site = plan.site(plan.parent(given))
    return isinstance(site, Choose) and given in site.branches


def _is_grad(plan: Plan, node: ast.Call) -> bool:
    name = getattr(plan.facts.values.get(node.func), "name", "")
    return name in {"jax.grad", "jax.value_and_grad", "functools.partial", GRADIENT, pullbacks.NAME}
