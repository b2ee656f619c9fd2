"""`replace` of fields of a record (see LNX035)."""

from __future__ import annotations

from migrate.analysis.sites import ReplaceRecord
from migrate.plan.context import Plan
from rules.record_class import RULE as RULE
from rules.record_class import rename_keywords

SITE = ReplaceRecord


def rewrite(plan: Plan, site: ReplaceRecord) -> None:
    """Keywords follow the names of the fields."""
    rename_keywords(plan, site.node, site.cls)
