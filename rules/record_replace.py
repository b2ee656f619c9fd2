"""`replace` of fields of a record (see LNX035)."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ReplaceRecord
from migrate.plan.context import Plan
from migrate.plan.training.put_back import all_put_back
from migrate.plan.training.records import new_names
from migrate.plan.training.replaced_trees import check_order, place
from migrate.rewrite.edits import template
from rules.record_class import RULE as RULE
from rules.record_class import rename_keywords

SITE = ReplaceRecord


def rewrite(plan: Plan, site: ReplaceRecord) -> None:
    """Keywords follow the names of the fields; trees are written into the models that are there."""
    rename_keywords(plan, site.node, site.cls)
    _leave_out(plan, site)
    if not site.trees:
        return
    record, names = plan.written(site.record), new_names(plan.facts, site.cls)
    values = {keyword.arg: keyword.value for keyword in site.node.keywords}
    updates = [template(f"nnx.update({record}.{names[name]}, {{}})", values[name]) for name in site.trees]
    for name in site.trees:
        plan.edits.arguments[site.node][values[name]] = ()
    check_order(plan, site)
    place(plan, site, record, [*updates])


def _leave_out(plan: Plan, site: ReplaceRecord) -> None:
    """What was updated in place is in the record already, which stands by itself if that was all."""
    for put in all_put_back(plan):
        if put.call is not site.node:
            continue
        for keyword in put.keywords:
            plan.edits.arguments[site.node][keyword.value] = ()
        if len(put.keywords) == len(site.node.keywords):
            _write_record(plan, site.node, put.record)


def _write_record(plan: Plan, call: ast.Call, record: str) -> None:
    statement = plan.statement(call)
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if value is call and target == record:
            plan.edits.statements[statement] = []
        case _:
            plan.edits.expressions[call] = record
