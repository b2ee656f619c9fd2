"""LNX006: a field of a definition is read of its model."""

from __future__ import annotations

from migrate.analysis.sites import ReadField
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from rules.init_model import RULE

SITE = ReadField
__all__ = ["RULE", "SITE", "rewrite"]


def rewrite(plan: Plan, site: ReadField) -> None:
    """The model has the field under the same name; a definition that goes on by itself may not."""
    if not plan.bridged and site.instance.site in plan.definitions.apart:
        name = site.node.attr
        message = f"`.{name}` is read of a definition that goes on by itself: read it where it is given"
        raise Blocked(site.node, "LNX299", message)
