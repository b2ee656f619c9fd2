"""Which parts of a train state each function needs: the model, the optimizer, or both."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.program.scopes import Variable
from migrate.analysis.sites import (
    ApplyGradients,
    CheckType,
    CloneState,
    ReadState,
    ReplaceStats,
    ReplaceTrees,
    ViewState,
)
from migrate.analysis.training.snapshots import is_made_elsewhere, is_snapshot
from migrate.plan.functions.returns import dropped_positions
from migrate.plan.functions.roles import Roles
from migrate.result import Style

MODEL, OPTIMIZER = "model", "optimizer"
BOTH = frozenset({MODEL, OPTIMIZER})
OF_FIELD = {
    "params": {MODEL},
    "apply_fn": set[str](),
    "step": {OPTIMIZER},
    "opt_state": {OPTIMIZER},
    "tx": {OPTIMIZER},
}


def needs(facts: Facts, roles: Roles, style: Style) -> dict[Variable, frozenset[str]]:
    """What is needed of each train-state variable: the least solution over all calls."""
    known = {variable: _at_least(facts, variable) for variable, role in roles.role.items() if role == "state"}
    changed = True
    while changed:
        changed = False
        for variable, before in known.items():
            found = before.union(*(_of_node(facts, node, known, style) for node in _reads(roles, variable)))
            if found != before:
                known[variable] = found
                changed = True
    return known


def _at_least(facts: Facts, variable: Variable) -> frozenset[str]:
    """A name for copies that is also given the results of calls takes whole states, as these are."""
    whole = is_snapshot(facts, variable) and is_made_elsewhere(facts, variable)
    return BOTH if whole else frozenset()


def _reads(roles: Roles, variable: Variable) -> list[ast.Name]:
    nodes = roles.nodes[variable]
    return [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def _of_node(
    facts: Facts, node: ast.Name, known: dict[Variable, frozenset[str]], style: Style
) -> frozenset[str]:
    parent = facts.scopes.parent[node]
    site = facts.sites.get(parent)
    if node in facts.snapshots:
        return frozenset({MODEL}) | known.get(facts.snapshots[node], BOTH)
    if isinstance(site, ReadState):
        return frozenset(OF_FIELD.get(site.field, set()))
    if isinstance(site, CheckType):
        return frozenset({OPTIMIZER})
    match facts.sites.get(facts.scopes.parent.get(parent, parent)):
        case ApplyGradients() | ReplaceStats() | ReplaceTrees():
            return BOTH
        case CloneState() | ViewState():
            return frozenset({MODEL})
        case _:
            pass
    call = facts.scopes.parent[parent] if isinstance(parent, ast.keyword) else parent
    if isinstance(call, ast.Call) and call in facts.bindings:
        variables = [
            Variable(function, name)
            for function, binding in facts.bindings[call].items()
            for name, expression in binding.arguments
            if expression is node
        ]
        return frozenset().union(*(known.get(variable, BOTH) for variable in variables))
    return frozenset() if style == "stateful" and returned_in_place(facts, node) else BOTH


def returned_in_place(facts: Facts, node: ast.expr) -> bool:
    """Whether the node is a result that the stateful style does not return."""
    statement = facts.scopes.statement(node)
    function = facts.scopes.function(node)
    if not isinstance(statement, ast.Return) or not isinstance(
        function, (ast.FunctionDef, ast.AsyncFunctionDef)
    ):
        return False
    positions = dropped_positions(facts, function)
    if statement.value is node:
        return positions == (-1,)
    if isinstance(statement.value, ast.Tuple) and node in statement.value.elts:
        return statement.value.elts.index(node) in positions
    return False
