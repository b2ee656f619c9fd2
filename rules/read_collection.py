"""A collection beside the parameters that is read of what `init` gives (see LNX014)."""

from __future__ import annotations

from migrate.analysis.sites import ReadCollection
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from rules.parameter_tree import RULE as RULE

SITE = ReadCollection


def rewrite(plan: Plan, site: ReadCollection) -> None:
    """A model that something trains is no dict: only what nothing trains goes on as it is."""
    message = "a collection beside the parameters is read of the variables of a model that is trained"
    raise Blocked(site.node, "LNX014", message)
