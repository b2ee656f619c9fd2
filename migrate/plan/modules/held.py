"""The module classes that a module holds, directly or not."""

from __future__ import annotations

import ast

from migrate.analysis.sites import Layer
from migrate.plan.context import Plan


def held_by(plan: Plan, node: ast.ClassDef) -> set[ast.ClassDef]:
    """The class itself and all that it builds."""
    held, waiting = {node}, [node]
    while waiting:
        owner = waiting.pop()
        sites = (s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.owner.node is owner)
        new = {s.cls.node for s in sites if s.cls is not None} - held
        held |= new
        waiting += new
    return held
