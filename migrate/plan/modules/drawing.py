"""Which methods of a module need random keys, and which calls of layers."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const
from migrate.analysis.modules.classes import base_of, methods
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.sites import DrawKey, Layer, SubmoduleCall
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.own_calls import with_callers
from migrate.plan.modules.owned import owned
from migrate.plan.modules.silence import is_silent


def drawing(plan: Plan, cls: Class) -> set[str]:
    """The methods of a class that need random keys, found over all calls inside of it."""
    if cls.node in plan.drawing:
        return plan.drawing[cls.node]
    plan.drawing[cls.node] = set()
    base = base_of(cls)
    found = {*drawing(plan, base)} if base is not None else set()
    for site in owned(plan, cls):
        if isinstance(site, DrawKey):
            found.add(_method_of(plan, site.node))
        elif isinstance(site, Layer) and draws(plan, site):
            found |= {_method_of(plan, call) for call in site.calls}
    for use in plan.facts.sites.values():
        if isinstance(use, SubmoduleCall) and use.owner.node is cls.node and method_draws(plan, use):
            found.add(_method_of(plan, use.node))
    plan.drawing[cls.node] = with_callers(methods(cls), found)
    return plan.drawing[cls.node]


def method_draws(plan: Plan, site: SubmoduleCall) -> bool:
    """Whether the method of another module that is called needs random keys."""
    return site.name in methods(site.cls) and site.name in drawing(plan, site.cls)


def _method_of(plan: Plan, node: ast.AST) -> str:
    method = plan.facts.scopes.method(node)
    if method is None:
        raise Blocked(node, "LNX111", "a layer that draws random numbers is called outside of a method")
    return method.name


def draws(plan: Plan, site: Layer) -> bool:
    """Whether a call of the layer may need a random key."""
    if site.cls is not None:
        return "__call__" in drawing(plan, site.cls) and not is_silent(plan, site)
    if not LAYERS[site.layer].draws:
        return False
    given = dict(site.given)
    rate = given.get("rate", given.get("dropout_rate"))
    value = plan.facts.values.get(rate) if rate is not None else Const(0.0)
    return not (isinstance(value, Const) and value.value == 0)
