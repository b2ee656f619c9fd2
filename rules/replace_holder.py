"""`replace` of a train state of an own class (see LNX019)."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ReplaceHolder
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.lambdas import write_out
from migrate.plan.training.beside import check_beside
from migrate.plan.training.holders import field_name, reads_models
from migrate.rewrite.edits import Piece, template
from rules.train_state_class import RULE as RULE

SITE = ReplaceHolder


def rewrite(plan: Plan, site: ReplaceHolder) -> None:
    """Trees are written into the models that are there; the rest stays an argument of `replace`."""
    state = plan.written(site.state)
    updates: list[Piece] = []
    for keyword in site.node.keywords:
        name, value = keyword.arg, keyword.value
        assert name is not None
        if name in site.trees:
            field = "model" if name == "params" else field_name(name)
            updates.append(template(f"nnx.update({state}.{field}, {{}})", value))
            plan.edits.arguments[site.node][value] = ()
        elif name in site.models:
            plan.edits.arguments[site.node][value] = (
                (field_name(name), f"nnx.clone({plan.model_of(value)})"),
            )
    _check_order(plan, site)
    _place(plan, site, state, updates)


def _check_order(plan: Plan, site: ReplaceHolder) -> None:
    """What stays an argument is evaluated behind the updates, which it must not see."""
    if not site.trees:
        return
    for keyword in site.node.keywords:
        if keyword.arg not in site.trees and reads_models(plan.facts, keyword.value):
            message = "the state is read beside an update of it in one `replace`"
            raise Blocked(keyword.value, "LNX011", message)
    if len(site.trees) > 1:
        raise Blocked(site.node, "LNX012", "two trees of a train state are replaced at once")


def _place(plan: Plan, site: ReplaceHolder, state: str, updates: list[Piece]) -> None:
    if not updates:
        return
    statement, parent = plan.statement(site.node), plan.parent(site.node)
    whole = len(site.trees) == len(site.node.keywords)
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
