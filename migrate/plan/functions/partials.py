"""Partial calls that have nothing left to hand over."""

from __future__ import annotations

from migrate.plan.context import Plan
from migrate.rewrite.edits import template


def rewrite_partials(plan: Plan) -> None:
    """`partial(score, model=model)` whose definition goes becomes `score`."""
    for call in plan.facts.handed:
        given = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        edits = plan.edits.arguments.get(call, {})
        if given and all(edits.get(node) == () for node in given):
            del plan.edits.arguments[call]
            plan.edits.expressions[call] = template("{}", call.args[0])
