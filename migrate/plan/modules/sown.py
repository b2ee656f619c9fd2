"""`self.sow("intermediates", ...)`: NNX stores the value in the module at every call, asked for or not.

Linen stores it where the caller makes the collection mutable. Callers elsewhere are told; where the sources
call the module themselves, a training loop would collect values without end.
"""

from __future__ import annotations

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names, methods, own_constants
from migrate.analysis.sites import Construct, Layer, Parameter, Sow
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.held import held_by
from migrate.plan.modules.reserved import RESERVED


def sown(plan: Plan, cls: Class) -> list[Sow]:
    """What a class stores of its intermediate values."""
    found = [s for s in plan.component.sites if isinstance(s, Sow) and s.owner.node is cls.node]
    return sorted(found, key=lambda site: site.node.lineno)


def rewrite_sown(plan: Plan, cls: Class) -> None:
    """`self.sow(nnx.Intermediate, name, value)`."""
    every = [s for s in plan.facts.sites.values() if isinstance(s, Layer | Parameter)]
    taken = {s.name for s in every if s.owner.node is cls.node}
    taken |= {*RESERVED, *field_names(cls), *methods(cls), *own_constants(cls)}
    for site in sown(plan, cls):
        if any(isinstance(other, Construct) for other in plan.component.sites):
            message = "NNX keeps what `self.sow` stores in the module at every call: return it instead"
            raise Blocked(site.node, "LNX311", message)
        if site.name in taken:
            raise Blocked(site.node, "LNX311", f"`{site.name}` is sown, and is something else of the class")
        if _runs_under_transform(plan, cls):
            raise Blocked(site.node, "LNX311", "values are sown where modules run under a transform")
        plan.edits.expressions[site.node.args[0]] = "nnx.Intermediate"


def _runs_under_transform(plan: Plan, cls: Class) -> bool:
    """Whether a class is held by one that Linen lifts: what a call stores there would not come out."""
    layers = [s for s in plan.facts.sites.values() if isinstance(s, Layer)]
    lifted = {*plan.facts.scans, *(s.cls.node for s in layers if s.lifted is not None and s.cls is not None)}
    return any(cls.node in held_by(plan, node) for node in lifted)


def told_of_sown(plan: Plan, cls: Class) -> str:
    """What callers have to know of it."""
    held = held_by(plan, cls.node)
    found = (s for s in plan.component.sites if isinstance(s, Sow) and s.owner.node in held)
    names = sorted({f"`{site.name}`" for site in found})
    if not names:
        return ""
    return f"; every call stores {' and '.join(names)}, which `nnx.pop(module, nnx.Intermediate)` takes out"
