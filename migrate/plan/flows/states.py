"""Train states that go on as values: each becomes the pair of its model and its optimizer."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Holder, State
from migrate.analysis.sites import (
    ApplyGradients,
    CheckType,
    CloneState,
    CreateState,
    LoadState,
    ReadHolder,
    ReadState,
    ReplaceHolder,
    ReplaceStats,
    ReplaceTrees,
    Replicate,
    StateOfTree,
    ViewState,
)
from migrate.analysis.training.snapshots import is_apart
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.needs import OPTIMIZER, returned_in_place
from migrate.plan.functions.parameters import pass_on, receivers
from migrate.plan.training.beside import record_of
from migrate.plan.training.carried import is_initial
from migrate.plan.training.member_names import is_attribute
from migrate.rewrite.edits import template

UPDATES = (ApplyGradients, ReplaceStats, ReplaceTrees, ReplaceHolder, ViewState, CloneState)
WRITTEN = (CreateState, StateOfTree, LoadState, *UPDATES)
"""Sites that write the state that they give."""


def check_moved(plan: Plan, node: ast.expr, value: State | Holder) -> None:
    """A state that has not been given the new statistics of its model may not go on."""
    parent = plan.parent(node)
    updated = isinstance(parent, ast.Attribute) and isinstance(plan.site(plan.parent(parent)), UPDATES)
    named = isinstance(plan.site(node), UPDATES) and isinstance(parent, ast.Assign | ast.AnnAssign)
    if value.moved and not (updated or named or isinstance(plan.site(parent), ReadState | ReadHolder)):
        message = "this state has older statistics than its model: give it the new ones before it goes on"
        raise Blocked(node, "LNX011", message)


PAIRED = (ast.Assign, ast.AnnAssign, ast.Return, ast.Tuple, ast.List, ast.Dict)
"""Where an item that is a pair may stand as it is."""


def write_state(plan: Plan, node: ast.expr) -> None:
    """A train state that is handed on, named, returned or put into a tuple."""
    parent = plan.parent(node)
    above = plan.site(parent)
    if isinstance(above, (CheckType, ReadState, Replicate)) or isinstance(plan.site(node), WRITTEN):
        return
    if isinstance(parent, ast.Attribute) and isinstance(plan.site(plan.parent(parent)), UPDATES):
        return
    if (parameters := receivers(plan, node)) is not None:
        pass_on(plan, node, parameters)
    elif isinstance(node, ast.Call):
        _result_of_call(plan, node, parent)
    elif isinstance(node, ast.Name):
        _named_state(plan, node, parent)
    elif plan.is_item(node) and (
        isinstance(parent, PAIRED) or record_of(plan, node) or is_initial(plan, node)
    ):
        plan.check_fresh(node)
    elif not isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
        raise Blocked(
            node, "LNX010", "a train state is read in the middle of an expression: give it a name first"
        )


def _named_state(plan: Plan, node: ast.Name, parent: ast.AST) -> None:
    if dropped(plan, node):
        return
    pair = template("{}, {}", plan.model_of(node), plan.optimizer_of(node))
    if is_initial(plan, node):
        plan.edits.expressions[node] = template("({})", pair)
        return
    if isinstance(parent, ast.Compare):
        plan.edits.expressions[node] = plan.model_of(node)
        return
    if isinstance(parent, ast.IfExp) and parent.test is node and is_attribute(plan.facts, node):
        if plan.is_bare(node):
            message = "a train state that may have been made without an optimizer is tested: ask for `.tx`"
            raise Blocked(node, "LNX012", message)
        plan.edits.expressions[node] = plan.optimizer_of(node)
        return
    match parent:
        case _ if record_of(plan, node) or (isinstance(parent, ast.Lambda) and parent.body is node):
            plan.edits.expressions[node] = template("({})", pair)
        case ast.Return():
            plan.edits.expressions[node] = pair
        case ast.Tuple() | ast.List() | ast.Dict():
            plan.edits.expressions[node] = template("({})", pair)
        case ast.Assign(targets=[ast.Name() as target]):
            apart = is_attribute(plan.facts, target) or is_attribute(plan.facts, node)
            if apart or is_apart(plan.facts, node):
                _between_names(plan, parent, target, node)
                return
            if plan.names(target) != plan.names(node):
                raise Blocked(node, "LNX018", "one train state has two names that would differ: use one")
            plan.edits.statements[parent] = []
        case _:
            raise Blocked(node, "LNX010", "a train state is used as a value here")


def dropped(plan: Plan, node: ast.expr) -> bool:
    """Whether the stateful style does not return this any more."""
    return plan.style == "stateful" and returned_in_place(plan.facts, node)


def _between_names(plan: Plan, statement: ast.Assign, target: ast.Name, node: ast.Name) -> None:
    """`self.state = state`, or the other way round: both parts go over, each to its name."""
    new, old = plan.names(target), plan.names(node)
    plan.model_of(node)
    pairs = [(new.model, old.model)]
    variable = plan.facts.scopes.variable(target, target.id)
    if is_attribute(plan.facts, target) or (variable and OPTIMIZER in plan.needs[variable]):
        pairs.append((new.optimizer, old.optimizer))
    names = [(a, b) for a, b in pairs if a != b]
    text = ", ".join(a for a, _ in names) + " = " + ", ".join(b for _, b in names)
    plan.edits.statements[statement] = [text] if names else []


def _result_of_call(plan: Plan, node: ast.Call, parent: ast.AST) -> None:
    places = (ast.Return, ast.Assign, ast.AnnAssign, ast.Tuple, ast.List, ast.Dict, ast.Expr, ast.Lambda)
    if not isinstance(parent, places) and record_of(plan, node) is None:
        raise Blocked(
            node, "LNX010", "the train state that a call gives is used without a name: assign it first"
        )
