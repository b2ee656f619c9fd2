"""Modules that are built with the settings in a field, which may hold whatever a field takes."""

from __future__ import annotations

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import lineage
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.module_fields import module_fields


def check_settings(plan: Plan, site: Layer, cls: Class) -> None:
    """Raise `Blocked` where settings that nobody sees may hold a layer, or a class of layers."""
    known = {*plan.facts.class_fields, *plan.facts.given_layers}
    held = {name for one in lineage(cls) for node, name in known if node is one.node}
    if open_fields := site.left_open & (held | {*module_fields(cls)}):
        message = f"the settings that are spread here may hold a Linen module for `{min(open_fields)}`"
        raise Blocked(site.node, "LNX110", message)
