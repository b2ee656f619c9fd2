"""What the methods of one module class make: its layers, parameters and keys."""

from __future__ import annotations

from migrate.analysis.kinds import Class
from migrate.analysis.sites import CellCarry, DrawKey, Layer, Parameter
from migrate.plan.context import Plan

Owned = Layer | Parameter | DrawKey | CellCarry
USES = DrawKey | CellCarry


def owned(plan: Plan, cls: Class) -> list[Owned]:
    """The layers, parameters and keys of one class."""
    sites = [s for s in plan.facts.sites.values() if isinstance(s, Owned) and s.owner.node is cls.node]
    return sorted(sites, key=lambda s: (s.node.lineno, s.node.col_offset))
