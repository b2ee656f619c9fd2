"""`nn.with_partitioning` becomes NNX's, told to keep the names and to lay nothing out.

Linen puts a box with the names around the parameter, which callers see in the tree. In NNX they are metadata
of the variable; by itself NNX would lay it out over a mesh where it is made, and fail without one.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Value
from migrate.analysis.run import instances_of
from migrate.analysis.sites import Construct, Layer, PartitionAxes
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.held import held_by

SEEN = "the sources that build this module see the boxes that Linen puts around partitioned parameters"
OUTSIDE = "an initializer that names the axes of a mesh is made outside of modules: make it where it is used"
WRAPPED = "a wrapped module would lay its parameters out over a mesh, and fail without one"


def check_partitions(plan: Plan) -> None:
    """Such an initializer of Linen gives a box, which no layer of NNX takes, and a wrapped one lays out."""
    classes = {*plan.component.classes}
    if plan.bridged:
        classes = _wrapped(plan)
        for site in plan.facts.sites.values():
            if isinstance(site, PartitionAxes) and site.owner.node in classes:
                raise Blocked(site.node, "LNX111", WRAPPED)
    related = {path for node in classes for path in plan.facts.related.get(plan.facts.file(node).path, ())}
    for node in plan.facts.partitioned_outside:
        if plan.facts.file(node).path in related:
            raise Blocked(node, "LNX111", WRAPPED if plan.bridged else OUTSIDE)


def _wrapped(plan: Plan) -> set[ast.ClassDef]:
    """The classes of the modules that are wrapped, and those that their lines name."""
    values = (plan.facts.values[node] for node in plan.component.nodes)
    waiting: list[Value] = [each.cls for value in values for each in instances_of(value)]
    found: set[ast.ClassDef] = set()
    while waiting:
        cls = waiting.pop()
        if isinstance(cls, Class) and cls.node not in found:
            found.add(cls.node)
            named = (plan.facts.values.get(node) for node in ast.walk(cls.node))
            waiting += [*cls.bases, *(value for value in named if isinstance(value, Class))]
    return found


def rewrite_partitions(plan: Plan, cls: Class) -> None:
    """`nnx.with_partitioning(init, names, eager_sharding=False)`."""
    for site in _partitions(plan):
        if site.owner.node is not cls.node:
            continue
        if any(isinstance(other, Construct) for other in plan.component.sites):
            raise Blocked(site.node, "LNX111", SEEN)
        if _is_lifted(plan, cls):
            raise Blocked(site.node, "LNX111", "a transform would add an axis to partitioned parameters")
        plan.edits.expressions[site.node.func] = "nnx.with_partitioning"
        plan.edits.added[site.node].append(("eager_sharding", "False"))


def _partitions(plan: Plan) -> list[PartitionAxes]:
    return [site for site in plan.component.sites if isinstance(site, PartitionAxes)]


def _is_lifted(plan: Plan, cls: Class) -> bool:
    """Whether a class is held by one that Linen lifts, or builds a layer that is lifted itself."""
    layers = [s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.lifted is not None]
    lifted = {*plan.facts.scans, *(s.cls.node for s in layers if s.cls is not None)}
    plain = any(s.cls is None and s.owner.node is cls.node for s in layers)
    return plain or any(cls.node in held_by(plan, node) for node in lifted)


def told_of_partitions(plan: Plan, cls: Class) -> str:
    """What callers have to know of it."""
    held = held_by(plan, cls.node)
    if not any(site.owner.node in held for site in _partitions(plan)):
        return ""
    return "; the axes of its parameters are metadata of its variables, which `nnx.get_partition_spec` reads"
