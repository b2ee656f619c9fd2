"""A definition that is applied to the parameters of another one: a second view of one model.

A wrapped model has Linen's parameters, so that the other definition goes on to be applied to them: a dict of
them is made at the call. Nothing of that kind can be done with a model of NNX, whose parameters are its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.facts import Facts, View
from migrate.analysis.kinds import Instance, Mixed
from migrate.analysis.sites import Apply, ApplyFunction, Site
from migrate.plan.blocked import Blocked
from migrate.plan.training.same_definitions import are_same

CREATION = "`apply_fn` and `params` belong to different models"
CALL = "`apply` of one model is called with the parameters of another"
FUNCTION = "a function is applied to one model with the parameters of another"


def second_views(facts: Facts, sites: Iterable[Site], bridged: bool) -> frozenset[ast.AST]:
    """The calls of `apply` through another definition; raises `Blocked` where that cannot be written."""
    found: set[ast.AST] = set()
    for site in sites:
        if not all(_is_of_same(facts, view) for view in facts.views.get(site.node, ())):
            if isinstance(site, ApplyFunction):
                raise Blocked(site.node, "LNX003", FUNCTION)
            if not isinstance(site, Apply):
                raise Blocked(site.node, "LNX001", CREATION)
            if not bridged or not _is_method(facts, site.node.func):
                raise Blocked(site.node, "LNX003", CALL)
            found.add(site.node)
    return frozenset(found)


def _is_of_same(facts: Facts, view: View) -> bool:
    """Whether the definitions are those that the parameters are of, construction by construction."""
    places = {instance.site for instance in view.applied}
    if places != {instance.site for instance in view.owners}:
        return False
    every = view.applied | view.owners
    return all(are_same(facts, [i for i in every if i.site is place]) for place in places)


def _is_method(facts: Facts, function: ast.expr) -> bool:
    """Whether the definition itself is at hand: `model.apply`."""
    held = facts.values.get(function.value) if isinstance(function, ast.Attribute) else None
    parts = held.parts if isinstance(held, Mixed) else {held}
    return all(isinstance(part, Instance) for part in parts)
