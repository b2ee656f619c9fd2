"""Names that receive a state or a model."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, Dict, Optimizer, State, Value
from migrate.analysis.training.snapshots import is_snapshot
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.parameters import TREES
from migrate.plan.training.snapshots import with_optimizer
from migrate.plan.training.statistics import vanish
from migrate.plan.training.variable_dicts import variables_of
from migrate.rewrite.edits import template


def write_target(plan: Plan, node: ast.expr, value: Value) -> None:
    """A name that receives a state or a model."""
    if isinstance(value, VANISHING):
        vanish(plan, node)
    if isinstance(value, Dict) and isinstance(node, ast.Name) and variables_of(plan.facts, node):
        plan.edits.statements[plan.statement(node)] = []
    if not isinstance(node, ast.Name) or not isinstance(value, (State, Optimizer, *TREES)):
        return
    parent, statement = plan.parent(node), plan.statement(node)
    if plan.facts.scopes.variable(node, node.id) not in plan.roles.role:
        return
    if isinstance(value, (Optimizer, *TREES)):
        plan.edits.expressions[node] = plan.names(node).model
        return
    names = plan.names(node)
    pair = template("{}, {}", names.model, names.optimizer)
    variable = plan.facts.scopes.variable(node, node.id)
    if is_snapshot(plan.facts, variable) and not with_optimizer(plan, variable):
        plan.edits.expressions[node] = names.model
        return
    match parent:
        case ast.Assign(targets=[_]):
            plan.edits.expressions[node] = pair
        case ast.AnnAssign(value=ast.expr() as given):
            if statement not in plan.edits.statements:
                plan.edits.statements[statement] = [template("{} = {}", pair, given)]
        case ast.Tuple() | ast.List():
            plan.edits.expressions[node] = template("({})", pair)
        case _:
            raise Blocked(node, "LNX005", "a train state is bound in a way that has no rewriting yet")
