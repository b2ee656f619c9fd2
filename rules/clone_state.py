"""`state.replace(apply_fn=model.apply)` (see LNX121)."""

from __future__ import annotations

import ast

from migrate.analysis.sites import CloneState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.applied_views import exchanged
from migrate.plan.training.member_names import is_attribute
from migrate.rewrite.edits import Piece
from rules.view_state import RULE as RULE

SITE = CloneState


def rewrite(plan: Plan, site: CloneState) -> None:
    """A copy of the model, with the definition that the program gives it."""
    match plan.parent(site.node):
        case ast.Assign(targets=[ast.Name() as target]) if not is_attribute(plan.facts, target):
            pass
        case _:
            raise Blocked(site.node, "LNX012", "`replace` is called inside an expression: assign it first")
    name = plan.names(target).model
    lines: list[Piece] = [f"{name} = nnx.clone({plan.model_of(site.state)})"]
    if site.node in plan.definitions.views:
        lines.append(exchanged(site, name))
    plan.edits.statements[plan.statement(site.node)] = lines
