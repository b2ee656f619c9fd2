"""What tests of `self.is_initializing()` say: true while Linen runs `init`, and never of a module of NNX."""

from __future__ import annotations

import ast

from migrate.analysis.sites import AskInitializing
from migrate.plan.context import Plan


def known(plan: Plan, node: ast.expr, initializing: bool) -> bool | None:
    """What a test gives while `init` runs the module, or otherwise; None where it is open."""
    match node:
        case ast.Call() if isinstance(plan.site(node), AskInitializing):
            return initializing
        case ast.Name() if (value := given(plan, node)) is not None:
            return known(plan, value, initializing)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = known(plan, operand, initializing)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            parts = [known(plan, value, initializing) for value in values]
            decisive = isinstance(op, ast.Or)
            return decisive if decisive in parts else None if None in parts else not decisive
        case _:
            return None


def given(plan: Plan, name: ast.Name) -> ast.expr | None:
    """The test that the only assignment of a local name gives it."""
    variable = plan.facts.scopes.variable(name, name.id)
    if variable is None or isinstance(variable.scope, ast.Module):
        return None
    stores = [n for n in plan.facts.scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
    statement = plan.parent(stores[0]) if len(stores) == 1 else None
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value) if _asks(plan, value):
            return value
        case _:
            return None


def _asks(plan: Plan, node: ast.expr) -> bool:
    """Whether a test asks for it anywhere."""
    return any(isinstance(plan.site(part), AskInitializing) for part in ast.walk(node))


def never_at_init(plan: Plan, node: ast.AST) -> bool:
    """Whether `init` does not come by a node, as a test around it says."""
    while not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
        above = plan.parent(node)
        if isinstance(above, ast.If | ast.IfExp) and node is not above.test:
            first = above.body if isinstance(above, ast.If) else [above.body]
            truth = known(plan, above.test, True)
            if truth is not None and truth != (node in first):
                return True
        node = above
    return False
