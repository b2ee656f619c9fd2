"""States that stay one value, records and containers: they may go anywhere, unless what they hold is old."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    Dict,
    Group,
    Holder,
    Method,
    Params,
    Record,
    Sequence,
    State,
    Value,
    Variables,
    followed,
)
from migrate.analysis.sites import ApplyGradients, ReadHolder, ReadRecord, ReplaceHolder, ReplaceRecord
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training import records
from migrate.plan.training.holders import is_old
from migrate.plan.training.kept_trees import is_kept
from migrate.plan.training.plain_trees import goes_to_reader
from migrate.plan.training.statistics import spread
from migrate.plan.training.variable_dicts import goes_to_apply


def write_holder(plan: Plan, node: ast.expr, value: Holder) -> None:
    """A state that stays one value may go anywhere that is known, unless it is an old one."""
    above = plan.parent(node)
    if isinstance(above, ast.Attribute) and is_kept(plan, above):
        return
    site = plan.site(above)
    reads_plain = isinstance(site, ReadHolder) and not followed(plan.facts.values[site.node])
    if is_old(value) and not reads_plain and not isinstance(plan.site(node), (ApplyGradients, ReplaceHolder)):
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def write_record(plan: Plan, node: ast.expr, value: Record) -> None:
    """A record may go anywhere that is known; an old one is only read, or replaced in what is old."""
    above = plan.parent(node)
    site = plan.site(above)
    apart = isinstance(site, ReadRecord) or (isinstance(site, ReplaceRecord) and site.record is node)
    apart = apart or (isinstance(above, ast.Attribute) and isinstance(plan.facts.values.get(above), Method))
    stored = isinstance(getattr(node, "ctx", None), ast.Store)
    if records.is_old(value) and not apart and not stored:
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def write_container(plan: Plan, node: ast.Name, value: Sequence | Dict) -> None:
    """A tuple with an old state in it may be taken apart, which shows what is read, and go nowhere else."""
    parent = plan.parent(node)
    if isinstance(parent, ast.Starred) and isinstance(value, Sequence):
        spread(plan, node, value)
    if goes_to_reader(plan, node) or goes_to_apply(plan.facts, node):
        _check_current(plan, node, value)
        return
    apart = isinstance(parent, ast.Subscript) or (
        isinstance(parent, ast.Assign) and all(isinstance(t, (ast.Tuple, ast.List)) for t in parent.targets)
    )
    if not apart and _holds_old(value):
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def _check_current(plan: Plan, node: ast.Name, value: Value) -> None:
    """A dict that is given to `apply` must hold what the model has now; one that is saved holds copies."""
    if goes_to_apply(plan.facts, node) and _holds_old(value):
        message = "the old value is used here after the update; an NNX object would show the new one"
        raise Blocked(node, "LNX011", message)


def _holds_old(value: Value) -> bool:
    match value:
        case Sequence(items):
            return any(_holds_old(item) for item in items)
        case Dict(items):
            return any(_holds_old(item) for _, item in items)
        case Holder():
            return is_old(value) or value.moved
        case Record():
            return records.is_old(value)
        case State():
            return value.stale or value.moved
        case Params() | Variables() | Group():
            return value.stale
        case _:
            return False
