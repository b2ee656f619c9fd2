"""Copies of a state for several devices (see LNX207)."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Dict, Holder, Sequence, State
from migrate.analysis.sites import Replicate
from migrate.plan.context import Plan
from rules.batched import RULE as RULE

SITE = Replicate


def rewrite(plan: Plan, site: Replicate) -> None:
    """`replicate((model, optimizer))`; a call that makes the state gives the pair by itself."""
    value = plan.facts.values[site.tree]
    if isinstance(value, Holder | Sequence | Dict):
        return
    if isinstance(value, State):
        if isinstance(site.tree, ast.Name):
            pair = f"({plan.model_of(site.tree)}, {plan.optimizer_of(site.tree)})"
            plan.edits.expressions[site.tree] = pair
    else:
        plan.edits.expressions[site.tree] = plan.model_of(site.tree)
