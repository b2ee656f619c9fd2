"""Sizes that a layer tells itself can be read behind its construction only."""

from __future__ import annotations

import re

from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.own_sizes import SAID
from migrate.analysis.shapes.sizes import Size
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan

READ = re.compile(rf"\bself\.(\w+)\.{SAID}\b")


def check_built(plan: Plan, site: Layer, size: Size) -> None:
    """Raise `Blocked` where `setup` builds a layer before the one whose size it needs."""
    names = set(READ.findall(size.text))
    for call in plan.facts.measured:
        other = plan.facts.sites.get(call)
        if not isinstance(other, Layer) or other.owner.node is not site.owner.node or other.name not in names:
            continue
        if _in_setup(plan, site) and _place(site) < _place(other):
            message = f"`{other.name}`, which tells the size of this layer's input, is built behind it"
            raise Blocked(site.node, "LNX112", message)


def _in_setup(plan: Plan, site: Layer) -> bool:
    return plan.facts.scopes.function(site.node) is methods(site.owner).get("setup")


def _place(site: Layer) -> tuple[int, int]:
    return site.node.lineno, site.node.col_offset
