"""Layers of one class that a field puts under a checkpoint: `checkpoint(lambda block: block(x))(layer)`."""

from __future__ import annotations

import ast

from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.shapes.sizes import without_parentheses
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.chosen_transforms import in_front

NAME = "checkpoint"


def chosen_remat(plan: Plan, site: Layer, call: ast.Call, options: bool) -> str:
    """What a call of the layer goes through, which is nothing where a condition on fields says so."""
    chosen = plan.facts.chosen_checkpoints.get(site.node)
    if chosen is None:
        return "nnx.remat"
    test = init_text(plan.facts, site.owner, chosen.test)
    if test is None:
        raise Blocked(chosen.test, "LNX130", "whether layers are checkpointed is decided by more than fields")
    under = without_parentheses(test) if chosen.held else _opposite(test)
    in_front(plan, call, NAME, f"nnx.remat if {under}", ", **_" if options else "")
    return NAME


def _opposite(test: str) -> str:
    """The condition that holds where a test does not: `self.plain` for `not self.plain`."""
    match ast.parse(test, mode="eval").body:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return ast.unparse(inner)
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
            return f"not {test}"
        case _:
            return f"not ({without_parentheses(test)})"
