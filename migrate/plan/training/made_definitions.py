"""Functions with closures that give module definitions back: all calls of one must make the same module."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import ApplyFn, Instance, Mixed, Sequence, Value
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.same_definitions import are_alike, calls_of


def check_made_definitions(plan: Plan) -> None:
    """Raise `Blocked` where calls of a function with closures differ in what the definition is made from.

    What such a function gives is not told apart by its calls.
    """
    facts = plan.facts
    inside = {facts.scopes.function(node) for node in plan.component.nodes}
    for function, value in facts.returns.items():
        if function in inside and _gives_definition(value) and _has_closures(function):
            calls = calls_of(facts, function)
            if not are_alike(facts, calls):
                message = "definitions of one function with different arguments cannot be told apart"
                raise Blocked(calls[-1].node, "LNX003", message)


def _has_closures(function: FunctionNode) -> bool:
    return any(isinstance(node, FUNCTIONS) for node in ast.walk(function) if node is not function)


def _gives_definition(value: Value) -> bool:
    match value:
        case Instance() | ApplyFn():
            return True
        case Sequence(items):
            return any(_gives_definition(item) for item in items)
        case Mixed(parts):
            return any(_gives_definition(part) for part in parts)
        case _:
            return False
