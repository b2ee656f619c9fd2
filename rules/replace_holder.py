"""`replace` of a train state of an own class (see LNX019)."""

from __future__ import annotations

from migrate.analysis.sites import ReplaceHolder
from migrate.plan.context import Plan
from migrate.plan.training.holders import field_name
from migrate.plan.training.replaced_trees import check_order, place
from migrate.rewrite.edits import Piece, template
from rules.train_state_class import RULE as RULE

SITE = ReplaceHolder


def rewrite(plan: Plan, site: ReplaceHolder) -> None:
    """Trees are written into the models that are there; the rest stays an argument of `replace`."""
    state = plan.written(site.state)
    updates: list[Piece] = []
    for keyword in site.node.keywords:
        name, value = keyword.arg, keyword.value
        assert name is not None
        if name in site.stats:
            plan.edits.arguments[site.node][value] = ()
        elif name in site.trees and name == "opt_state":
            updates.append(template(f"nnx.update({state}.optimizer.opt_state, nnx.state({{}}))", value))
            plan.edits.arguments[site.node][value] = ()
        elif name in site.trees:
            field = "model" if name == "params" else field_name(name)
            updates.append(template(f"nnx.update({state}.{field}, {{}})", value))
            plan.edits.arguments[site.node][value] = ()
        elif name in site.models:
            plan.edits.arguments[site.node][value] = (
                (field_name(name), f"nnx.clone({plan.model_of(value)})"),
            )
    check_order(plan, site)
    place(plan, site, state, updates)
