"""Reads of a field that is empty in a record: the optimizer of what nothing trains (see LNX035)."""

from __future__ import annotations

from migrate.analysis.kinds import followed
from migrate.analysis.sites import ReadRecord
from migrate.plan.context import Plan
from migrate.plan.training.records import new_names
from migrate.rewrite.edits import template
from rules.record_class import RULE as RULE

SITE = ReadRecord


def rewrite(plan: Plan, site: ReadRecord) -> None:
    """The new name of the field; where something followed is read, what it is used for writes it."""
    name = new_names(plan.facts, site.cls).get(site.field, site.field)
    if not followed(plan.facts.values[site.node]) and name != site.field:
        plan.edits.expressions[site.node] = template(f"{{}}.{name}", site.node.value)
