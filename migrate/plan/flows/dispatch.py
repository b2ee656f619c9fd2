"""Every place where a followed value goes on as a value, by the kind of the value."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    ApplyFn,
    Dict,
    Grads,
    Group,
    Holder,
    Instance,
    Method,
    Mixed,
    Optimizer,
    OptState,
    OptTree,
    Params,
    Path,
    Pending,
    Record,
    SavedState,
    Sequence,
    State,
    Stats,
    Updates,
    Value,
    Variables,
    followed,
)
from migrate.analysis.sites import SameTree
from migrate.analysis.training.pullbacks import is_pullback
from migrate.plan.context import Plan
from migrate.plan.flows.definitions import write_definition
from migrate.plan.flows.holders import write_container, write_holder, write_record
from migrate.plan.flows.optimizers import check_replaces, write_optimizer
from migrate.plan.flows.states import check_moved, write_state
from migrate.plan.flows.targets import write_target
from migrate.plan.flows.trees import check_pulled, write_rest_and_tree, write_tree
from migrate.plan.functions.roles import role_of
from migrate.plan.training.snapshots import copy_of
from migrate.plan.training.statistics import spread, vanish

UNWRITTEN = (Grads, Method, Path, Pending, SavedState)
"""Values that keep their names and places, or whose sites write them."""


def rewrite_flows(plan: Plan) -> None:
    """Every other place where a followed value goes on as a value."""
    for node in plan.component.nodes:
        value = plan.facts.values[node]
        if is_pullback(value):
            check_pulled(plan, node)
        if isinstance(node, ast.expr) and not isinstance(value, UNWRITTEN) and followed(value):
            if isinstance(getattr(node, "ctx", None), ast.Store):
                write_target(plan, node, value)
            else:
                _flow(plan, node, value)


def _flow(plan: Plan, node: ast.expr, value: Value) -> None:
    if isinstance(value, State | Holder):
        check_moved(plan, node, value)
    if node in plan.claimed:
        return
    if node in plan.facts.snapshots:
        plan.edits.expressions[node] = copy_of(plan, node)
        return
    match value:
        case State():
            write_state(plan, node)
        case Holder():
            write_holder(plan, node, value)
        case Record():
            write_record(plan, node, value)
        case Sequence() if isinstance(plan.parent(node), ast.Starred) and not isinstance(node, ast.Name):
            spread(plan, node, value)
        case Sequence() | Dict() if isinstance(node, ast.Name):
            write_container(plan, node, value)
        case Sequence() if isinstance(plan.site(node), SameTree):
            write_rest_and_tree(plan, node)
        case Params() | Variables() | Group():
            write_tree(plan, node)
        case Optimizer():
            write_optimizer(plan, node)
        case Instance() | ApplyFn():
            write_definition(plan, node)
        case Mixed() if role_of(value) == "definition":
            write_definition(plan, node)
        case Stats() | Updates():
            vanish(plan, node)
        case OptTree():
            check_replaces(plan, node)
        case OptState() | _:
            pass
