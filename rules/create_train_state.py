"""LNX001: `TrainState.create` becomes `nnx.Optimizer`."""

from __future__ import annotations

import ast

from migrate.analysis.sites import CreateState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import template
from migrate.rule import Rule

SITE = CreateState

RULE = Rule(
    code="LNX001",
    name="train-state-create",
    title="`TrainState.create` can become `nnx.Optimizer`",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)


def rewrite(plan: Plan, site: CreateState) -> None:
    """The optimizer where the state was assigned; a pair wherever it goes on as a value."""
    model = plan.model_of(site.params)
    optimizer = template("nnx.Optimizer({}, {}, wrt=nnx.Param)", model, site.tx)
    parent = plan.parent(site.node)
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            names = plan.names(target)
            if names.model != model:
                raise Blocked(site.node, "LNX018", f"`{target.id}` holds different models at different times")
            plan.edits.statements[plan.statement(site.node)] = [
                template("{} = {}", names.optimizer, optimizer)
            ]
        case ast.Return():
            plan.edits.expressions[site.node] = template("{}, {}", model, optimizer)
        case ast.Tuple() | ast.Dict():
            plan.edits.expressions[site.node] = template("({}, {})", model, optimizer)
        case _:
            raise Blocked(
                site.node, "LNX010", "a train state is created inside an expression: assign it first"
            )
