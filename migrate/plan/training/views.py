"""A definition that is applied to the parameters of another one: a second view of one model.

A wrapped model has Linen's parameters, so that the other definition goes on to be applied to them: a dict of
them is made at the call. A state that is created with the `apply` of another definition than made its
parameters gives the wrapped model that definition; from there on each definition is applied by itself.
Nothing of that kind can be done with a model of NNX, whose parameters are its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from migrate.analysis.facts import Facts, View
from migrate.analysis.kinds import Instance, Mixed
from migrate.analysis.sites import (
    Apply,
    ApplyFunction,
    CloneState,
    CompileApply,
    CreateState,
    Init,
    ReadState,
    Site,
    StateOfTree,
)
from migrate.plan.blocked import Blocked
from migrate.plan.training.same_definitions import are_same

CREATION = "`apply_fn` and `params` belong to different models"
TREE = "the definition of a train state that is created from a tree is not at hand: give it `model.apply`"
CLONE = "a train state is given the `apply` of another definition, which can be done with wrapped models only"
CALL = "`apply` of one model is called with the parameters of another"
FUNCTION = "a function is applied to one model with the parameters of another"


def second_views(facts: Facts, sites: Iterable[Site], bridged: bool) -> frozenset[ast.AST]:
    """The calls of `apply` through another definition, and the states that are created with another one.

    Raises `Blocked` where that cannot be written.
    """
    every = [*sites]
    found: set[ast.AST] = {site.node for site in every if _is_other(facts, site)}
    found |= {site.node for site in every if isinstance(site, CloneState) and bridged}
    for site in every:
        if site.node in found:
            _check(facts, site, bridged)
            _check_not_bare(site, every)
    found |= {site.node for site in every if _is_of_tree(facts, site)}
    if any(isinstance(site, CreateState) and site.node in found for site in every):
        found |= {node for site in every for node in _through_definition(facts, site)}
    return frozenset(found)


def _is_other(facts: Facts, site: Site) -> bool:
    if isinstance(site, Apply) and site.kept:
        return True
    return not all(_is_of_same(facts, view) for view in facts.views.get(site.node, ()))


def _check(facts: Facts, site: Site, bridged: bool) -> None:
    match site:
        case Apply(node):
            if not bridged or not _is_method(facts, site.function):
                raise Blocked(node, "LNX003", CALL)
        case ApplyFunction(node):
            raise Blocked(node, "LNX003", FUNCTION)
        case CloneState(node):
            if not bridged or not _is_method(facts, apply_function(site)):
                raise Blocked(node, "LNX012", CLONE)
        case CreateState(node, copied=True):
            if not bridged or not _is_method(facts, apply_function(site)):
                raise Blocked(node, "LNX001", CREATION)
        case CreateState(node, params):
            if not bridged or site.group is not None or not _is_method(facts, apply_function(site)):
                raise Blocked(node, "LNX001", CREATION)
            if not isinstance(params, ast.Name | ast.Subscript) or isinstance(facts.sites.get(params), Init):
                raise Blocked(node, "LNX001", CREATION)
        case _:
            raise Blocked(site.node, "LNX001", CREATION)


def _check_not_bare(site: Site, every: list[Site]) -> None:
    """A state without an optimizer shares its model with the one that is created from it."""
    if isinstance(site, CreateState) and any(isinstance(s, CreateState) and s.bare for s in every):
        raise Blocked(site.node, "LNX001", CREATION)


def _is_of_tree(facts: Facts, site: Site) -> bool:
    """Whether a state is created from a tree with the `apply` of a definition, which goes on to be needed."""
    if not isinstance(site, StateOfTree) or state_of(facts, apply_function(site)) is not None:
        return False
    if not _is_method(facts, apply_function(site)):
        raise Blocked(site.node, "LNX001", TREE)
    return True


def state_of(facts: Facts, function: ast.expr) -> ast.expr | None:
    """The state whose `apply_fn` a function is, by its name."""
    match function, facts.sites.get(function):
        case ast.Attribute(value=ast.Name() as state, attr="apply_fn"), ReadState():
            return state
        case _:
            return None


def apply_function(site: CreateState | CloneState | StateOfTree) -> ast.expr:
    """What a state is given as its `apply_fn`."""
    return next(k.value for k in site.node.keywords if k.arg == "apply_fn")


def _through_definition(facts: Facts, site: Site) -> Iterator[ast.AST]:
    """A call of a definition's own `apply`, where the model may hold another definition by then."""
    match site:
        case Apply(node) if _is_method(facts, site.function):
            yield node
        case Apply(node) if not (
            isinstance(site.function, ast.Attribute) and site.function.attr == "apply_fn"
        ):
            raise Blocked(node, "LNX003", CALL)
        case ApplyFunction(node):
            raise Blocked(node, "LNX003", FUNCTION)
        case CompileApply(node):
            raise Blocked(node, "LNX003", CALL)
        case _:
            pass


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
