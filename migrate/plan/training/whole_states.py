"""Whole train states in files: a model and its optimizer in the layout of Linen."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Holder, State
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, template

STATS = "batch_stats"


def linen_layout(plan: Plan, node: ast.expr) -> Piece:
    """The state `node` as a dict with the fields of Linen."""
    plan.claimed.add(node)
    if isinstance(plan.facts.values[node], Holder):
        return template("{}({})", fields_of(plan, node, "linen_fields"), holder(plan, node))
    function = needed(plan, node, "linen_state")
    if isinstance(node, ast.Call):
        return template(f"{function}(*{{}})", node)
    return f"{function}({pair_of(plan, node)})"


def holder(plan: Plan, node: ast.expr) -> str:
    """The name of a state that goes on as one value, and has not been updated since it was read."""
    if not isinstance(node, ast.Name):
        raise Blocked(node, "LNX403", "a train state of an own class is saved or loaded without a name")
    plan.check_fresh(node)
    return node.id


def fields_of(plan: Plan, node: ast.expr, name: str) -> str:
    """The function for a state of a class of the project, which is written into the file."""
    return written(plan, node, name, "LNX403")


def pair_of(plan: Plan, node: ast.expr) -> str:
    """The names of model and optimizer."""
    return f"{plan.model_of(node)}, {plan.optimizer_of(node)}"


def needed(plan: Plan, node: ast.expr, name: str) -> str:
    """The function for the state `node`, which is written into its file."""
    state = plan.facts.values[node]
    assert isinstance(state, State)
    if state.stats not in (None, STATS):
        message = f"the statistics of this train state are called `{state.stats}`: call them `{STATS}`"
        raise Blocked(node, "LNX403", message)
    name = f"{name}_of_variables" if state.whole else name
    name = name if state.stats is None else f"{name}_with_stats"
    return written(plan, node, name, "LNX403")


def written(plan: Plan, node: ast.expr, name: str, code: str) -> str:
    """A function that is written into the file of `node`."""
    module = plan.facts.scopes.module(node)
    assert isinstance(module, ast.Module)
    if plan.facts.scopes.mentions(module, name):
        raise Blocked(node, code, f"`{name}`, which would be needed here, means something else in this file")
    plan.edits.helpers.add((module, name))
    return name
