"""Module definitions that stay objects of the program: which variables go on holding one.

Where a definition and its `init` become one construction, its variable becomes the model. Elsewhere the
definition goes on by itself, as the Linen module that will be wrapped or as a partial call of the new class,
and `init` becomes the call that makes a model of it. A variable is kept if what it holds may reach an `init`,
or anything else than a call of the model.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import ApplyFn
from migrate.analysis.program.scopes import Variable
from migrate.analysis.run import instances_of
from migrate.analysis.sites import (
    Apply,
    ApplyFunction,
    Bind,
    CloneState,
    CreateState,
    Init,
    Site,
    StateOfTree,
)
from migrate.plan.functions.roles import Roles, is_parameter
from migrate.plan.training.merging import stay_apart
from migrate.plan.training.views import second_views

LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True)
class Definitions:
    """The variables that keep their definition, and those that `init` rebinds to the model.

    `apart` are the constructions and `init` calls that do not become one; `views` are the calls of `apply`
    that go on as they are, as their definition is not the one that the parameters are of.
    """

    bridged: bool
    kept: frozenset[Variable] = frozenset()
    rebound: frozenset[Variable] = frozenset()
    apart: frozenset[ast.Call] = frozenset()
    views: frozenset[ast.AST] = frozenset()


def definitions(facts: Facts, roles: Roles, sites: Iterable[Site], bridged: bool) -> Definitions:
    """What becomes of each variable that holds a definition."""
    apart = stay_apart(facts, sites)
    views = second_views(facts, sites, bridged)
    if not bridged and not apart:
        return Definitions(False)
    kept = {v for v in _kept(facts, roles, views) if bridged or _holds(facts, roles, v) & apart}
    inits = Counter(_variable(facts, site) for site in facts.sites.values() if isinstance(site, Init))
    created = (CreateState, CloneState, StateOfTree)
    exchanged = any(isinstance(site, created) and site.node in views for site in sites)
    rebound = {
        variable
        for variable in kept
        if not exchanged and inits[variable] == 1 and _only_initialised(facts, roles, variable, kept, views)
    }
    return Definitions(bridged, frozenset(kept), frozenset(rebound), apart, views)


def _holds(facts: Facts, roles: Roles, variable: Variable) -> set[ast.Call]:
    """The constructions of the definitions that a variable may hold."""
    values = [facts.values.get(node) for node in roles.nodes[variable]]
    values += [
        v for (scope, name), v in facts.parameters.items() if (scope, name) == (variable.scope, variable.name)
    ]
    return {instance.site for value in values if value is not None for instance in instances_of(value)}


def _variable(facts: Facts, site: Init) -> Variable | None:
    value = site.init.value if isinstance(site.init, ast.Attribute) else None
    return facts.scopes.variable(value, value.id) if isinstance(value, ast.Name) else None


def _kept(facts: Facts, roles: Roles, views: frozenset[ast.AST]) -> set[Variable]:
    """The least solution over all calls."""
    waiting = {variable for variable, role in roles.role.items() if role == "definition"}
    kept: set[Variable] = set()
    while found := {v for v in waiting if any(_keeps(facts, n, kept, views) for n in _reads(roles, v))}:
        kept |= found
        waiting -= found
    return kept


def _reads(roles: Roles, variable: Variable) -> list[ast.Name]:
    nodes = roles.nodes[variable]
    return [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def _keeps(facts: Facts, node: ast.Name, kept: set[Variable], views: frozenset[ast.AST]) -> bool:
    """Whether this use needs the definition itself."""
    parent = facts.scopes.parent[node]
    if isinstance(parent, ast.Attribute):
        above = facts.scopes.parent[parent]
        user = facts.scopes.parent[above] if isinstance(above, ast.keyword) else above
        outer = facts.sites.get(facts.scopes.parent[above])
        user = outer.node if isinstance(outer, Apply) and outer.transform is above else user
        if isinstance(facts.sites.get(above), Bind):
            return False
        return not isinstance(facts.values.get(parent), ApplyFn) or user in views
    call = facts.scopes.parent[parent] if isinstance(parent, ast.keyword) else parent
    if isinstance(facts.sites.get(facts.scopes.parent[call]), ApplyFunction):
        return False
    if (received := facts.received(call)) and isinstance(call, ast.Call) and node is not call.func:
        return any(
            Variable(function, name) in kept
            for function, binding in received.items()
            for name, expression in binding.arguments
            if expression is node
        )
    return True


def _only_initialised(
    facts: Facts, roles: Roles, variable: Variable, kept: set[Variable], views: frozenset[ast.AST]
) -> bool:
    """Whether the variable may name the model from its one `init` on."""
    scopes = facts.scopes
    loads = _reads(roles, variable)
    inits = [n for n in loads if _keeps(facts, n, kept, views)]
    stores = [n for n in scopes.names(variable) if not isinstance(n.ctx, ast.Load)]
    if len(inits) != 1 or scopes.function(inits[0]) is not variable.scope:
        return False
    if len(stores) + is_parameter(variable) != 1:
        return False
    begin: ast.AST = scopes.statement(stores[0]) if stores else variable.scope
    return _loops(facts, scopes.statement(inits[0]), variable.scope) == (
        _loops(facts, begin, variable.scope) if stores else []
    )


def _loops(facts: Facts, node: ast.AST, scope: ast.AST) -> list[ast.AST]:
    """The loops of a scope that a statement stands in."""
    found: list[ast.AST] = []
    while node is not scope:
        if isinstance(node, LOOPS):
            found.append(node)
        node = facts.scopes.parent[node]
    return found
