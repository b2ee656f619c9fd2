"""Calls of methods and layers of other modules: they stay as they are, but for random keys."""

from __future__ import annotations

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import methods
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.sites import Layer, OwnVariable, SubmoduleCall, UseVariable
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drawing import draws, method_draws
from migrate.plan.modules.lent_layers import needing
from migrate.plan.modules.lent_names import lent_fields
from migrate.plan.modules.owned import owned


def check_submodule_calls(plan: Plan, cls: Class) -> None:
    """Hand on random keys; raise `Blocked` where such a call would need flags or another name."""
    for site in plan.component.sites:
        if isinstance(site, SubmoduleCall) and site.owner.node is cls.node:
            reason = _of_method(plan, site) if site.name in methods(site.cls) else _of_layer(plan, site)
            if reason is not None:
                raise Blocked(site.node, "LNX111", f"`{site.name}` of another module {reason}")
            if method_draws(plan, site):
                plan.edits.added[site.node].append(("rngs", "rngs"))


def _of_method(plan: Plan, site: SubmoduleCall) -> str | None:
    if any(found.late for (owner, _), found in plan.facts.class_fields.items() if owner is site.cls.node):
        return "would need flags of layers that it is handed"
    if any(site.name in needing(plan, site.cls, name) for name in lent_fields(plan, site.cls)):
        return "needs a layer that another module keeps"
    variables = (s for s in plan.facts.sites.values() if isinstance(s, OwnVariable | UseVariable))
    return "keeps variables" if any(s.owner.node is site.cls.node for s in variables) else None


def _of_layer(plan: Plan, site: SubmoduleCall) -> str | None:
    layers = [s for s in owned(plan, site.cls) if isinstance(s, Layer) and s.kept == site.name]
    if len(layers) != 1 or layers[0].name != site.name:
        return "has another name in its tree"
    (layer,) = layers
    if layer.cls is not None and lent_fields(plan, layer.cls):
        return "is given a layer at each call"
    kind = LAYERS.get(layer.layer) if layer.cls is None else None
    if draws(plan, layer) or (kind is not None and (kind.calls or kind.late or kind.before)):
        return "is a layer whose call would change"
    return None
