"""`nn.with_partitioning` becomes NNX's, told to keep the names and to lay nothing out.

Linen puts a box with the names around the parameter, which callers see in the tree. In NNX they are metadata
of the variable; by itself NNX would lay it out over a mesh where it is made, and fail without one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Class
from migrate.analysis.sites import Construct, Layer, PartitionAxes
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.held import held_by

SEEN = "the sources that build this module see the boxes that Linen puts around partitioned parameters"
OUTSIDE = "an initializer that names the axes of a mesh is made outside of modules: make it where it is used"
WRAPPED = "a wrapped module would lay its parameters out over a mesh, and fail without one"


def check_partitions(plan: Plan) -> None:
    """Such an initializer of Linen gives a box, which no layer of NNX takes, and a wrapped one lays out."""
    classes = plan.component.classes
    if plan.bridged:
        inside = (site.node for site in _all_partitions(plan) if site.owner.node in classes)
        for node in (*_from_outside(plan), *inside):
            raise Blocked(node, "LNX111", WRAPPED)
    elif classes:
        for node in _from_outside(plan):
            raise Blocked(node, "LNX111", OUTSIDE)


def _from_outside(plan: Plan) -> Iterator[ast.Call]:
    """The initializers that are made outside of modules and may come to those of the component."""
    facts = plan.facts
    paths = {facts.file(node).path for node in (*plan.component.classes, *plan.component.nodes)}
    for node in facts.partitioned_outside:
        if paths & facts.related[facts.file(node).path]:
            yield node


def _all_partitions(plan: Plan) -> Iterator[PartitionAxes]:
    return (site for site in plan.facts.sites.values() if isinstance(site, PartitionAxes))


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
