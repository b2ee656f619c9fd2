"""`TrainState.create` from a tree that nothing follows (see LNX001)."""

from __future__ import annotations

import ast

from migrate.analysis.sites import StateOfTree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.views import apply_function, state_of
from migrate.plan.training.whole_states import written
from migrate.rewrite.edits import Template, template
from rules.create_train_state import RULE as RULE

SITE = StateOfTree


def rewrite(plan: Plan, site: StateOfTree) -> None:
    """A wrapped module with the numbers of the tree, and the optimizer for it."""
    match plan.parent(site.node):
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            names = plan.names(target)
        case _:
            message = "a train state is created inside an expression: assign it first"
            raise Blocked(site.node, "LNX010", message)
    plan.edits.statements[plan.statement(site.node)] = [
        template(f"{names.model} = {{}}", _model(plan, site)),
        template(f"{names.optimizer} = nnx.Optimizer({names.model}, {{}}, wrt=nnx.Param)", site.tx),
    ]


def _model(plan: Plan, site: StateOfTree) -> Template:
    function = apply_function(site)
    assert isinstance(function, ast.Attribute)
    state = state_of(plan.facts, function)
    definition = function.value if state is None else f"{plan.model_of(state)}.to_nnx__module"
    variables = template("{}" if site.whole else '{"params": {}}', site.tree)
    if site.stats is not None:
        variables = Template(('{"params": ', site.tree, ', "batch_stats": ', site.stats, "}"))
    return template(
        written(plan, site.node, "with_linen_variables", "LNX001") + "({}, {})", definition, variables
    )
