"""Functions that give module definitions back: all calls of one must make the same module.

Two definitions of one construction are one definition here, so that `net(True).init(key, x)` and
`net(False).apply(variables, x)` would become one model.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import ApplyFn, Instance, Mixed, Sequence, Value
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode
from migrate.analysis.sites import Binding
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

DEPTH = 8


def check_made_definitions(plan: Plan) -> None:
    """Raise `Blocked` where calls of a function differ in what the definition may be made from."""
    facts = plan.facts
    inside = {facts.scopes.function(node) for node in plan.component.nodes}
    for function, value in facts.returns.items():
        if function in inside and _gives_definition(value):
            calls = [found[function] for found in facts.bindings.values() if function in found]
            forms = [_arguments(facts, call) for call in calls]
            if any(form != forms[0] for form in forms):
                message = "definitions of one function with different arguments cannot be told apart"
                raise Blocked(calls[-1].node, "LNX003", message)


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


def _arguments(facts: Facts, call: Binding) -> dict[str, Hashable]:
    return {name: _resolved(facts, expression) for name, expression in call.arguments}


def _resolved(facts: Facts, node: ast.expr, depth: int = DEPTH) -> Hashable:
    """What an argument is, followed through parameters that are handed the same everywhere."""
    match node:
        case ast.Constant(value=value):
            return type(value), value
        case ast.Attribute(value=inner, attr=name):
            return _resolved(facts, inner, depth), name
        case ast.Name(id=name) if depth:
            variable = facts.scopes.variable(node, name)
            stores = [n for n in facts.scopes.names(variable) if isinstance(n.ctx, ast.Store)]
            if variable is None:
                return name
            if isinstance(variable.scope, FUNCTIONS) and not stores:
                return _of_parameter(facts, variable.scope, name, depth)
            return variable if len(stores) < 2 else node
        case _:
            return node


def _of_parameter(facts: Facts, function: FunctionNode, name: str, depth: int) -> Hashable:
    calls = [found[function] for found in facts.bindings.values() if function in found]
    expressions = [dict(call.arguments).get(name) for call in calls]
    given = {_resolved(facts, e, depth - 1) if e is not None else None for e in expressions}
    return given.pop() if len(given) == 1 else (function, name)
