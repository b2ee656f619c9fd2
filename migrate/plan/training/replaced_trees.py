"""Trees that `replace` puts into fields of a state or record: they are written into the models there."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ReadHolder, ReplaceHolder, ReplaceRecord
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.lambdas import write_out
from migrate.plan.training.beside import check_beside
from migrate.plan.training.holders import reads_models
from migrate.rewrite.edits import Piece


def check_order(plan: Plan, site: ReplaceHolder | ReplaceRecord) -> None:
    """What stays an argument is evaluated behind the updates, which it must not see."""
    if not site.trees:
        return
    for keyword in site.node.keywords:
        if keyword.arg not in _gone(site) and reads_models(plan.facts, keyword.value):
            message = "the state is read beside an update of it in one `replace`"
            raise Blocked(keyword.value, "LNX011", message)
    if {*site.trees} == {"params", "opt_state"}:
        _check_apart(plan, site)
    elif len(site.trees) > 1:
        raise Blocked(site.node, "LNX012", "two trees of a train state are replaced at once")


def _check_apart(plan: Plan, site: ReplaceHolder | ReplaceRecord) -> None:
    """Parameters and optimizer state are written one after the other: neither may be made from both."""
    for keyword in site.node.keywords:
        for node in ast.walk(keyword.value):
            read = plan.site(node)
            if isinstance(read, ReadHolder) and read.field in {*site.trees} - {keyword.arg}:
                message = "parameters and optimizer state are replaced at once, one of them made from both"
                raise Blocked(keyword.value, "LNX012", message)


def _gone(site: ReplaceHolder | ReplaceRecord) -> tuple[str, ...]:
    """The fields that `replace` is not given any more: the models that are there have them."""
    return (*site.trees, *site.stats) if isinstance(site, ReplaceHolder) else site.trees


def place(plan: Plan, site: ReplaceHolder | ReplaceRecord, state: str, updates: list[Piece]) -> None:
    """Write the updates in front of what becomes of `replace`."""
    gone = _gone(site)
    if not gone:
        return
    statement, parent = plan.statement(site.node), plan.parent(site.node)
    whole = len(gone) == len(site.node.keywords)
    tops = {site.node, parent}
    match parent:
        case ast.Assign(targets=[ast.Name(id=target)]) if parent is statement:
            if not whole:
                plan.edits.before[statement] += updates
            else:
                named = [] if target == state else [f"{target} = {state}"]
                plan.edits.statements[statement] = [*updates, *named]
        case ast.Return() | ast.Tuple() if isinstance(statement, ast.Return) and statement.value in tops:
            if isinstance(parent, ast.Tuple):
                check_beside(plan, site.node, parent)
            plan.edits.before[statement] += updates
            if whole:
                plan.edits.expressions[site.node] = state
        case ast.Lambda(body=body) if body is site.node:
            write_out(plan, parent, updates, state if whole else site.node)
        case _:
            raise Blocked(site.node, "LNX012", "`replace` is called inside an expression: assign it first")
