"""LNX006: a field of a definition is read of its model, or what it was given gets a name."""

from __future__ import annotations

from migrate.analysis.sites import ReadField
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.definition_fields import write_given
from migrate.plan.training.outlines import shows_model
from rules.init_model import RULE

SITE = ReadField
__all__ = ["RULE", "SITE", "rewrite"]


def rewrite(plan: Plan, site: ReadField) -> None:
    """The model has the field under the same name; a definition that goes on by itself may not."""
    if plan.bridged:
        return
    apart = site.instance.site in plan.definitions.apart
    if site.plain and not apart and shows_model(plan.facts, plan.component.sites, site):
        return
    if site.given is None:
        name = site.node.attr
        message = f"`.{name}` is read of a definition that goes on by itself: read it where it is given"
        raise Blocked(site.node, "LNX299", message)
    write_given(plan, site, site.given)
