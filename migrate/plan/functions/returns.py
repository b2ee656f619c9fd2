"""The stateful style: a state that came in and was updated in place is not returned any more."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Optimizer, Params, Sequence, State, Tokens, Value, Variables, tokens_of
from migrate.analysis.program.scopes import FunctionNode
from migrate.plan.blocked import Blocked

WHOLE = -1
OBJECTS = (State, Params, Variables, Optimizer)


def received(facts: Facts, function: FunctionNode, kind: type) -> Tokens:
    """The tokens that the function's parameters of one kind denote: a state of given parameters is new."""
    values = [v for (node, _), v in facts.parameters.items() if node is function and type(v) is kind]
    return frozenset().union(*(tokens_of(value) for value in values))


def dropped_positions(facts: Facts, function: FunctionNode) -> tuple[int, ...]:
    """Which items of the function's result are states that it received; `WHOLE` is the result itself.

    The body of a loop gives its carry back in every style.
    """
    if function in facts.bodies:
        return ()
    value = facts.returns.get(function)
    if isinstance(value, OBJECTS):
        return (WHOLE,) if _came_in(facts, function, value) else ()
    if isinstance(value, Sequence):
        return tuple(i for i, item in enumerate(value.items) if _came_in(facts, function, item))
    return ()


def _came_in(facts: Facts, function: FunctionNode, value: Value) -> bool:
    if not isinstance(value, OBJECTS) or not value.tokens:
        return False
    new = facts.given_anew.get(function, set())
    return value.tokens <= received(facts, function, type(value)) and not value.tokens & new


def parameter_of(facts: Facts, function: FunctionNode, position: int) -> str:
    """The parameter through which the state at `position` of the result came in."""
    value = facts.returns[function]
    item = value.items[position] if position != WHOLE and isinstance(value, Sequence) else value
    names = [
        name
        for (node, name), kind in facts.parameters.items()
        if node is function and type(kind) is type(item) and tokens_of(item) & tokens_of(kind)
    ]
    if len(names) != 1:
        raise Blocked(function, "LNX005", "it is not clear which train state this function gives back")
    return names[0]


def callee(facts: Facts, call: ast.expr) -> FunctionNode | None:
    """The one function of the project that a call enters."""
    if not isinstance(call, ast.Call):
        return None
    functions = list(facts.bindings.get(call, {}))
    return functions[0] if len(functions) == 1 else None
