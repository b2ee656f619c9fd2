"""Names that keep what a model or a train state was: copies, under names of their own."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import State
from migrate.analysis.program.scopes import Variable
from migrate.plan.context import Plan
from migrate.plan.functions.needs import OPTIMIZER


def with_optimizer(plan: Plan, variable: Variable | None) -> bool:
    """Whether more than the model of a train state is kept."""
    return variable is not None and OPTIMIZER in plan.needs[variable]


def copy_of(plan: Plan, node: ast.expr) -> str:
    """The copy that an assignment makes."""
    value = plan.facts.values[node]
    variable = plan.facts.snapshots[node]
    if isinstance(value, State) and with_optimizer(plan, variable):
        return f"nnx.clone(({plan.model_of(node)}, {plan.optimizer_of(node)}))"
    return f"nnx.clone({plan.model_of(node)})"
