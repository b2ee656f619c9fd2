"""Creation of a train state of an own class (see LNX019)."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import CopyTree, CreateHolder
from migrate.plan.context import Plan
from migrate.plan.training.holders import field_name
from migrate.plan.training.initialisation import initialised
from migrate.rewrite.edits import Piece, template
from rules.create_train_state import claim_optimizer_state
from rules.train_state_class import RULE as RULE

SITE = CreateHolder


def rewrite(plan: Plan, site: CreateHolder) -> None:
    """`State(model=..., optimizer=..., target_model=...)`."""
    if isinstance(site.node.func, ast.Attribute) and not isinstance(plan.facts.values[site.node.func], Class):
        plan.edits.expressions[site.node.func] = template("{}", site.node.func.value)
    claim_optimizer_state(plan, site.node)
    model = plan.model_of(site.params)
    for keyword in site.node.keywords:
        value = keyword.value
        if keyword.arg in {"apply_fn", "step", "opt_state", site.stats}:
            new: tuple[tuple[str | None, Piece], ...] = ()
        elif keyword.arg == "params":
            new = (("model", model),)
        elif keyword.arg == "tx":
            new = (("optimizer", template("nnx.Optimizer({}, {}, wrt=nnx.Param)", model, value)),)
        elif keyword.arg in site.held:
            new = ((field_name(keyword.arg), _held(plan, site, keyword.arg, value)),)
        else:
            continue
        plan.edits.arguments[site.node][value] = new


def _held(plan: Plan, site: CreateHolder, name: str, value: ast.expr) -> Piece:
    if initialised(plan, value) is not None or isinstance(plan.site(value), CopyTree):
        return value
    model = plan.model_of(value)
    return f"nnx.clone({model})" if name in site.copied else model
