"""The module classes that a module holds, directly or not."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import lineage
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


def with_bases(plan: Plan, cls: Class) -> set[ast.ClassDef]:
    """A class, those that it extends, and all that these build."""
    found: set[ast.ClassDef] = set()
    waiting = [cls]
    while waiting:
        one = waiting.pop()
        if one.node in found:
            continue
        found.add(one.node)
        sites = (s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.owner.node is one.node)
        waiting += [*lineage(one)[1:], *(s.cls for s in sites if s.cls is not None)]
    return found
