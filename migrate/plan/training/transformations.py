"""Variables that hold a gradient transformation, which is often called `optimizer` in optax loops.

A parameter that was only there to call `update` goes. A variable that has the name which the new optimizer
would get is called `tx` from then on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from migrate.analysis.facts import Facts
from migrate.analysis.program.parameters import parameter_defaults
from migrate.analysis.program.scopes import FUNCTIONS, Variable
from migrate.analysis.sites import InitOptimizer, Site, UpdateModel
from migrate.plan.functions.roles import is_parameter

NEW_NAME = "tx"


@dataclass(frozen=True)
class Transformations:
    """The parameters that go, and the variables that may have another name."""

    dropped: frozenset[Variable] = frozenset()
    renamable: frozenset[Variable] = frozenset()


def transformations(facts: Facts, sites: Iterable[Site]) -> Transformations:
    """What may become of each variable that holds a transformation of these sites."""
    receivers = [r for site in sites if (r := _receiver(site)) is not None]
    variables = {facts.scopes.variable(node, node.id) for node in receivers if isinstance(node, ast.Name)}
    known = {variable for variable in variables if variable is not None}
    while passed := {v for variable in known for v in _passed_from(facts, variable)} - known:
        known |= passed
    dropped: frozenset[Variable] = frozenset()
    parameters = {v for v in known if is_parameter(v)}
    while found := frozenset(v for v in parameters - dropped if _vanishes(facts, v, dropped)):
        dropped |= found
    return Transformations(dropped, frozenset(v for v in known - parameters if _is_own(facts, v)))


def _receiver(site: Site) -> ast.expr | None:
    match site:
        case InitOptimizer(tx=tx):
            return tx
        case UpdateModel(node=ast.Call(func=ast.Attribute(value=receiver))):
            return receiver
        case _:
            return None


def _passed_from(facts: Facts, parameter: Variable) -> Iterable[Variable]:
    """The variables whose value a parameter receives."""
    for node in _arguments(facts, parameter) or ():
        if isinstance(node, ast.Name) and (variable := facts.scopes.variable(node, node.id)) is not None:
            yield variable


def _arguments(facts: Facts, parameter: Variable) -> list[ast.expr] | None:
    """What every call gives for a parameter; None where a call gives nothing that is written there."""
    found = []
    for bindings in facts.bindings.values():
        for function, binding in bindings.items():
            if function is parameter.scope:
                given = dict(binding.arguments).get(parameter.name)
                if given is None:
                    return None
                found.append(given)
    return found


def _vanishes(facts: Facts, variable: Variable, dropped: frozenset[Variable]) -> bool:
    arguments = _arguments(facts, variable)
    if not arguments or not all(isinstance(node, ast.Name) for node in arguments):
        return False
    return not _has_default(variable) and all(
        _use_vanishes(facts, node, dropped) for node in facts.scopes.names(variable)
    )


def _use_vanishes(facts: Facts, node: ast.Name, dropped: frozenset[Variable]) -> bool:
    parent = facts.scopes.parent[node]
    if isinstance(parent, ast.Attribute):
        return isinstance(facts.sites.get(facts.scopes.parent[parent]), UpdateModel)
    call = facts.scopes.parent[parent] if isinstance(parent, ast.keyword) else parent
    received = [
        Variable(function, name)
        for function, binding in (facts.bindings.get(call, {}) if isinstance(call, ast.Call) else {}).items()
        for name, given in binding.arguments
        if given is node
    ]
    return bool(received) and dropped.issuperset(received)


def _has_default(variable: Variable) -> bool:
    """Whether the function may be called without the parameter."""
    assert isinstance(variable.scope, FUNCTIONS)
    return any(argument.arg == variable.name for argument, _ in parameter_defaults(variable.scope))


def _is_own(facts: Facts, variable: Variable) -> bool:
    """Whether only this file knows the variable, by its name in code."""
    path = facts.file(variable.scope).path
    shared = any(imported == path for _, imported in facts.imported)
    if isinstance(variable.scope, ast.ClassDef) or (isinstance(variable.scope, ast.Module) and shared):
        return False
    scopes = facts.scopes
    if any(names.get(variable.name) for names in scopes.outer.values()):
        return False
    taken = scopes.mentions(scopes.module(variable.scope), NEW_NAME)
    bound = scopes.mentions(scopes.module(variable.scope), variable.name)
    others = (n for n in bound if not isinstance(n, (ast.Name, ast.arg)))
    return not any(variable.scope in scopes.enclosing(scopes.scope[node]) for node in (*taken, *others))
