"""Fields for a table that a module makes itself where it is given none, and none is given in the sources."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const
from migrate.analysis.modules.classes import argument, field_names, lineage
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.constructions import given


def own_tables(plan: Plan, cls: Class) -> list[str]:
    """The names of such fields."""
    owners = {one.node for one in lineage(cls)}
    found = [key for key in plan.facts.own_tables if key[0] in owners]
    return [name for key in found for name in key[1:] if key not in plan.facts.handed_features]


def check_own_tables(plan: Plan, cls: Class) -> None:
    """Raise `Blocked` where such a field is given what may be a table, whose place nothing tells."""
    for name in own_tables(plan, cls):
        for build in given(plan, cls):
            node = argument(build, field_names(cls), name)
            spread = any(isinstance(arg, ast.Starred) for arg in build.args)
            spread |= any(keyword.arg is None for keyword in build.keywords)
            if spread or (node is not None and plan.facts.values.get(node) != Const(None)):
                message = f"it cannot be seen which layer `{name}` of this module is"
                raise Blocked(node or build.func, "LNX111", message)


def told_of_tables(plan: Plan, cls: Class) -> str:
    """What callers have to know who give one."""
    names = [f"`{name}`" for name in own_tables(plan, cls)]
    return f"; {' and '.join(names)} may be an `nnx.Embed` as wide as its own" if names else ""
