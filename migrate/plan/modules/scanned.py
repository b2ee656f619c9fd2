"""`__call__` under `nn.scan` becomes `__call__` under `nnx.scan`, which shares the module among the steps."""

from __future__ import annotations

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import inputs_of
from migrate.analysis.sites import Layer, OwnVariable, Scan
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drawing import drawing
from migrate.plan.modules.lifted import keeps_statistics
from migrate.rewrite.edits import template


def rewrite_scan(plan: Plan, cls: Class) -> Scan | None:
    """`@partial(nnx.scan, in_axes=(None, nnx.Carry, 1), out_axes=(nnx.Carry, 1))`."""
    scan = plan.facts.scans.get(cls.node)
    if scan is None:
        return None
    node = scan.decorator
    sites = [site for site in plan.facts.sites.values() if isinstance(site, Layer | OwnVariable)]
    if drawing(plan, cls):
        raise Blocked(node, "LNX130", "the steps of this scan may draw random numbers")
    kept = any(isinstance(site, OwnVariable) and site.owner.node is cls.node for site in sites)
    if kept or keeps_statistics(plan, cls, set()):
        raise Blocked(node, "LNX130", "the steps of this scan keep statistics or other variables")
    if any(isinstance(s, Layer) and s.lifted and s.cls and s.cls.node is cls.node for s in sites):
        raise Blocked(node, "LNX130", "a module whose `__call__` is scanned is lifted once more")
    steps = "".join(f", {scan.in_axis}" for _ in inputs_of(scan.method)[1:])
    axes = f"in_axes=(None, nnx.Carry{steps}), out_axes=(nnx.Carry, {scan.out_axis})"
    plan.edits.expressions[node] = template(f"{{}}(nnx.scan, {axes})", node.func)
    return scan
