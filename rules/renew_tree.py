"""A name for parameters that is given others, as an average of its own (see LNX122)."""

from __future__ import annotations

from migrate.analysis.kinds import Variables
from migrate.analysis.sites import RenewTree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.whole_variables import has_only_parameters
from migrate.rewrite.edits import template
from rules.replace_trees import RULE as RULE

SITE = RenewTree


def rewrite(plan: Plan, site: RenewTree) -> None:
    """A line that writes into the model of this name."""
    value = plan.facts.values[site.node]
    if isinstance(value, Variables) and not has_only_parameters(plan.facts, value):
        message = "a dict of variables that holds more than parameters is given other numbers"
        raise Blocked(site.node, "LNX122", message)
    model = plan.names(site.node).model
    plan.edits.statements[plan.statement(site.node)] = [template(f"nnx.update({model}, {{}})", site.value)]
