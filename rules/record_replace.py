"""`replace` of fields of a record (see LNX035)."""

from __future__ import annotations

from migrate.analysis.sites import ReplaceRecord
from migrate.plan.context import Plan
from migrate.plan.training.records import new_names
from migrate.plan.training.replaced_trees import check_order, place
from migrate.rewrite.edits import template
from rules.record_class import RULE as RULE
from rules.record_class import rename_keywords

SITE = ReplaceRecord


def rewrite(plan: Plan, site: ReplaceRecord) -> None:
    """Keywords follow the names of the fields; trees are written into the models that are there."""
    rename_keywords(plan, site.node, site.cls)
    if not site.trees:
        return
    record, names = plan.written(site.record), new_names(plan.facts, site.cls)
    values = {keyword.arg: keyword.value for keyword in site.node.keywords}
    updates = [template(f"nnx.update({record}.{names[name]}, {{}})", values[name]) for name in site.trees]
    for name in site.trees:
        plan.edits.arguments[site.node][values[name]] = ()
    check_order(plan, site)
    place(plan, site, record, [*updates])
