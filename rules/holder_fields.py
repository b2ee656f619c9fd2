"""Fields of a train state of an own class that the optimizer has now (see LNX019)."""

from __future__ import annotations

from migrate.analysis.sites import ReadHolder
from migrate.plan.context import Plan
from rules.state_fields import read_optimizer
from rules.train_state_class import RULE as RULE

SITE = ReadHolder


def rewrite(plan: Plan, site: ReadHolder) -> None:
    """`step`, `opt_state` and `tx`; parameters are written by what they are used for."""
    read_optimizer(plan, site.node, site.field)
