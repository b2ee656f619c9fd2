"""Optimizer states that go on by themselves: one object, under one name."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ReadRecord, ReplaceHolder, ReplaceTrees, UpdateModel
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.flows.states import dropped
from migrate.plan.functions.parameters import pass_on, receivers
from migrate.plan.training.beside import record_of
from migrate.plan.training.carried import is_initial
from migrate.plan.training.member_names import is_attribute


def check_replaces(plan: Plan, node: ast.expr) -> None:
    """An optimizer state that was made leaf by leaf holds variables in NNX: only a state takes it."""
    above = plan.parent(plan.parent(node))
    if not isinstance(plan.site(above), ReplaceHolder | ReplaceTrees):
        raise Blocked(node, "LNX014", "an optimizer state is changed leaf by leaf and kept or handed on")


def write_optimizer(plan: Plan, node: ast.expr) -> None:
    """An optimizer state that goes on by itself: one object, under one name."""
    parent = plan.parent(node)
    if isinstance(plan.site(parent), UpdateModel) or isinstance(node, ast.Call) or dropped(plan, node):
        return
    if isinstance(node, ast.IfExp) and all(_is_made_or_none(part) for part in (node.body, node.orelse)):
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
        return
    match parent:
        case ast.Compare() if is_attribute(plan.facts, node) or isinstance(plan.site(node), ReadRecord):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case ast.Assign(targets=[ast.Name()]) if isinstance(plan.site(node), ReadRecord):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case _ if record_of(plan, node):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case ast.Assign(targets=[ast.Name() as target]):
            if not isinstance(node, ast.Name) or plan.names(target) != plan.names(node):
                raise Blocked(node, "LNX018", f"`{target.id}` would be a second name of one optimizer")
            plan.edits.statements[parent] = []
        case ast.Tuple() | ast.List() | ast.Return():
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case _ if is_initial(plan, node):
            plan.edits.expressions[node] = plan.optimizer_of(node)
        case _:
            raise Blocked(node, "LNX014", "the optimizer state is kept or handed on as a tree")


def _is_made_or_none(node: ast.expr) -> bool:
    """One side of `tx.init(params) if tx is not None else None`."""
    return isinstance(node, ast.Call) or (isinstance(node, ast.Constant) and node.value is None)
