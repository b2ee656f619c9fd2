"""`apply` without `mutable` of a model whose norms ask for it: a call of a view of the model.

The view has the variables of the model and the other flag, so that no call changes the mode of a later one.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import ApplyFn, Class
from migrate.analysis.modules.class_choices import written_at
from migrate.analysis.modules.mutable_stats import FLAG
from migrate.analysis.sites import Apply, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.mutable_stats import NORM, UNTOLD, asking


def in_mode(plan: Plan, site: Apply, model: str) -> str:
    """What stands for the model in a call of `apply`."""
    if plan.bridged or not asking(plan):
        return model
    if site.transform is not None:
        raise Blocked(site.node, "LNX310", UNTOLD)
    if _may_change(site):
        return model
    chosen = "only=nnx.BatchNorm, " if _holds_class(plan) else ""
    chosen += "" if _surely_asks(plan, site) else "raise_if_not_found=False, "
    return f"nnx.view({model}, {chosen}{FLAG}=True)"


def _holds_class(plan: Plan) -> bool:
    """Whether a field may hold a layer class itself, which `nnx.view` would take for a layer."""
    fields = plan.facts.class_fields.items()
    held = [found for (owner, _), found in fields if owner in plan.component.classes and found.cls is None]
    return any({name for name, _ in found.early} <= {FLAG} for found in held)


def _may_change(site: Apply) -> bool:
    """Whether a call of `apply` names the statistics among what may change."""
    given = next((k.value for k in site.node.keywords if k.arg == "mutable"), None)
    match given:
        case None:
            return False
        case ast.List(elts=items) | ast.Tuple(elts=items):
            names = items
        case _:
            names = [given]
    if not all(isinstance(name, ast.Constant) and isinstance(name.value, str | bool) for name in names):
        raise Blocked(site.node, "LNX310", UNTOLD)
    return any(isinstance(name, ast.Constant) and name.value == "batch_stats" for name in names)


def _surely_asks(plan: Plan, site: Apply) -> bool:
    """Whether each model that may be called here has such a norm whatever its fields hold."""
    value = plan.facts.values.get(site.function)
    instances = value.instances if isinstance(value, ApplyFn) else frozenset()
    classes = [instance.cls for instance in instances]
    return bool(classes) and all(isinstance(cls, Class) and _has_norm(plan, cls.node, ()) for cls in classes)


def _has_norm(plan: Plan, node: ast.ClassDef, above: tuple[ast.ClassDef, ...]) -> bool:
    """Whether a class always builds a norm, itself or in what it always builds."""
    above = (*above, node)
    layers = [s for s in plan.component.sites if isinstance(s, Layer) and s.owner.node is node]
    for site in layers:
        own = site.cls is not None and site.cls.node not in above and _has_norm(plan, site.cls.node, above)
        if (own or site.layer == NORM) and _is_there(plan, site):
            return True
    return False


def _is_there(plan: Plan, site: Layer) -> bool:
    chosen = written_at(plan.facts, site.node) in plan.facts.twins
    return not plan.facts.built_under.get(site.node) and not site.loops and not chosen
