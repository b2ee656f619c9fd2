"""Whether two definitions are the same, so that one model can stand for both.

Definitions that functions give back are known by the calls that gave them; two calls give the same if their
arguments are.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Instance
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode, Variable
from migrate.analysis.sites import Binding

DEPTH = 8


def are_same(facts: Facts, definitions: Iterable[Instance]) -> bool:
    """Whether all of the definitions, which are of one construction, are made with the same arguments."""
    found = [*definitions]
    ways = [(*reversed(i.made),) for i in found]
    if len(found) == 1:
        return True
    function = facts.scopes.function(found[0].site)
    for level in range(max(map(len, ways))):
        every = calls_of(facts, function)
        taken = {call for way in ways for call in way[level : level + 1]}
        calls = [c for c in every if c.node in taken] if all(len(way) > level for way in ways) else every
        if not calls or not are_alike(facts, calls):
            return False
        forms = [form for call in calls for form in _arguments(facts, call).values()]
        deciding = set().union(*map(_deciding, forms))
        if all(isinstance(node, FUNCTIONS) and are_alike(facts, calls_of(facts, node)) for node in deciding):
            return True
        around = {facts.scopes.function(call.node) for call in calls}
        if len(around) > 1:
            return False
        function = around.pop()
    return False


def calls_of(facts: Facts, function: ast.AST) -> list[Binding]:
    """Every call of a function that was followed."""
    return [found[function] for found in facts.bindings.values() if function in found]


def _deciding(form: Hashable) -> set[ast.AST]:
    """What an argument depends on: functions, whose call decides it, or an expression that is not known."""
    match form:
        case Variable(scope, _):
            return {scope} if isinstance(scope, FUNCTIONS) else set()
        case (scope, str()) if isinstance(scope, FUNCTIONS):
            return {scope}
        case (inner, str()):
            return _deciding(inner)
        case ast.AST():
            return {form}
        case _:
            return set()


def are_alike(facts: Facts, calls: list[Binding]) -> bool:
    """Whether all of the calls are given the same."""
    forms = [_arguments(facts, call) for call in calls]
    return all(form == forms[0] for form in forms)


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
            if _is_changed(facts, variable):
                return node
            if isinstance(variable.scope, FUNCTIONS) and not stores:
                return _of_parameter(facts, variable.scope, name, depth)
            return variable if len(stores) < 2 else node
        case _:
            return node


def _is_changed(facts: Facts, variable: Variable) -> bool:
    """Whether an attribute or item of what the variable holds is set."""
    parents = [facts.scopes.parent[node] for node in facts.scopes.names(variable)]
    places = (p for p in parents if isinstance(p, ast.Attribute | ast.Subscript))
    return any(not isinstance(place.ctx, ast.Load) for place in places)


def _of_parameter(facts: Facts, function: FunctionNode, name: str, depth: int) -> Hashable:
    expressions = [dict(call.arguments).get(name) for call in calls_of(facts, function)]
    given = {_resolved(facts, e, depth - 1) if e is not None else None for e in expressions}
    return given.pop() if len(given) == 1 else (function, name)
