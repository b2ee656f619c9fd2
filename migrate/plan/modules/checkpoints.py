"""Layers that are checkpointed if a field says so: `checkpoint(lambda block: block(x))(layer)`."""

from __future__ import annotations

import ast

from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.chosen_transforms import in_front
from migrate.plan.modules.lifted import called, free

NAME = "checkpoint"


def choice(plan: Plan, site: Layer) -> ast.If | None:
    """The condition of `setup` that decides whether a layer is checkpointed."""
    return plan.facts.checkpoints.get(site.node)


def outer(plan: Plan, site: Layer) -> ast.stmt:
    """The statement of `setup` that makes a layer: the whole condition where it is only about checkpoints."""
    return choice(plan, site) or plan.statement(site.node)


def outer_of(plan: Plan, node: ast.expr) -> ast.stmt:
    """The same for the list of layers."""
    statement = plan.statement(node)
    above = plan.parent(statement)
    return above if isinstance(above, ast.If) and above in plan.facts.checkpoints.values() else statement


def rewrite_checkpointed(plan: Plan, site: Layer, draws: bool) -> bool:
    """The calls of layers that may be checkpointed; False where this is another layer."""
    node = choice(plan, site)
    if node is None:
        return False
    test = init_text(plan.facts, site.owner, node.test)
    if test is None:
        raise Blocked(node, "LNX130", "whether layers are checkpointed is decided by more than fields")
    keys = (", rngs", ", rngs=rngs", ", rngs") if draws else ("", "", "")
    for call in site.calls:
        in_front(plan, call, NAME, f"nnx.remat if {without_parentheses(test)}")
        start = f"{NAME}(lambda {{0}}{keys[0]}: {{0}}("
        plan.edits.expressions[call] = called(plan, start, free(call, "block"), call, keys[1:], ())
    _drop_alias(plan, node)
    return True


def _drop_alias(plan: Plan, node: ast.If) -> None:
    """`remat = nn_partitioning.remat` at the top of the file goes when only such conditions read it."""
    made = node.body[0]
    call = made.value if isinstance(made, ast.Assign) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return
    uses = plan.facts.scopes.names(plan.facts.scopes.variable(call.func, call.func.id))
    gone = {part for each in plan.facts.checkpoints.values() for s in each.body for part in ast.walk(s)}
    stores = [use for use in uses if isinstance(use.ctx, ast.Store)]
    parent = plan.parent(stores[0]) if len(stores) == 1 else None
    alone = isinstance(parent, ast.Assign) and len(parent.targets) == 1
    if isinstance(parent, ast.Assign) and alone and {*uses} - {*stores} <= gone:
        plan.edits.statements[parent] = []
