"""A lambda that updates a model in place: it becomes a function, written in front of its statement."""

from __future__ import annotations

import ast

from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, Template

NAMES = ("update", "update_state", "apply_update")


def write_out(plan: Plan, node: ast.Lambda, statements: list[Piece], result: Piece) -> None:
    """`def update(state): ...` above, and its name where the lambda was."""
    statement, scopes = plan.statement(node), plan.facts.scopes
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr)
    if not simple or scopes.function(plan.parent(node)) is not scopes.function(statement):
        raise Blocked(node, "LNX012", "a train state is updated in a lambda here: write a function")
    parts: list[Piece] = [f"def {_name(plan, node)}({_parameters(plan, node)}):"]
    for line in (*statements, Template(("return ", result))):
        parts += ["\n    ", line]
    plan.edits.before[statement].append(Template(tuple(parts)))
    plan.edits.expressions[node] = _name(plan, node)


def _name(plan: Plan, node: ast.Lambda) -> str:
    scopes = plan.facts.scopes
    before = [n for n in plan.edits.expressions if isinstance(n, ast.Lambda)]
    taken = {plan.edits.expressions[n] for n in before if n is not node}
    for name in NAMES:
        if not scopes.mentions(scopes.module(node), name) and name not in taken:
            return name
    raise Blocked(node, "LNX012", "a train state is updated in a lambda here: write a function")


def _parameters(plan: Plan, node: ast.Lambda) -> str:
    """The parameters as they are called now."""
    a = node.args
    if a.defaults or a.kwonlyargs or a.vararg or a.kwarg or a.posonlyargs:
        raise Blocked(node, "LNX012", "a train state is updated in a lambda here: write a function")
    changed = plan.edits.parameters.get(node, {})
    names = [str(piece) for arg in a.args for piece in changed.get(arg.arg, (arg.arg,))]
    return ", ".join(names)
