"""Norms over the weights of a layer: made beside it, and given it at each call."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const
from migrate.analysis.modules.layers import LAYERS, OVER_WEIGHTS
from migrate.analysis.modules.weight_norms import LAYER, is_held, layer_of
from migrate.analysis.sites import Layer, Site
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft
from migrate.plan.modules.helpers import write_helper
from migrate.plan.modules.moved import listed, moved
from migrate.plan.modules.quoting import quoted
from migrate.rewrite.edits import Piece, Template, template


def is_norm(site: Site | None) -> bool:
    """Whether a site is such a norm."""
    return isinstance(site, Layer) and site.layer in OVER_WEIGHTS


def over_weights(plan: Plan, draft: Draft, site: Layer) -> Piece:
    """`LinenWeightNorm(self.Dense_0, "Dense_0", rngs=rngs)`; one of `setup` may hold its layer."""
    kind, layer = LAYERS[site.layer], layer_of(plan.facts, site)
    assert layer is not None and kind.helper is not None
    write_helper(plan, site.node, kind.helper)
    pieces: list[Piece] = [layer.node]
    if not is_held(plan.facts, site, layer):
        pieces = [_attribute(plan, layer), quoted(plan, layer)]
    for name, node in site.given:
        if name == LAYER or _is_default(plan, name, node):
            continue
        if name not in kind.kept:
            raise Blocked(node, "LNX110", f"`{name}` of this layer has no counterpart in NNX")
        pieces.append(template(f"{name}={{}}", moved(plan, draft, site, node)))
    return Template((f"{kind.target}(", *listed([*pieces, "rngs=rngs"]), ")"))


def _is_default(plan: Plan, name: str, node: ast.expr) -> bool:
    return name == "collection_name" and plan.facts.values.get(node) == Const("batch_stats")


def _attribute(plan: Plan, layer: Layer) -> str:
    """The attribute that keeps a layer, as `__init__` reads it."""
    return f"self.{layer.name}" if layer.name.isidentifier() else f"getattr(self, {quoted(plan, layer)})"


def handed_layer(plan: Plan, site: Layer) -> list[tuple[str | None, Piece]]:
    """`layer=self.Dense_0` at the calls of a norm that does not hold its layer."""
    layer = layer_of(plan.facts, site) if site.layer in OVER_WEIGHTS else None
    if layer is None or is_held(plan.facts, site, layer):
        return []
    own = layer.node if layer.node in plan.edits.expressions and layer.kept is None else None
    return [("layer", plan.edits.expressions[own] if own is not None else _attribute(plan, layer))]


def is_call_of_norm(plan: Plan, layer: Layer, call: ast.Call) -> bool:
    """Whether a layer is called there by the norm over its weights."""
    norms = (s for s in plan.facts.sites.values() if isinstance(s, Layer) and s.layer in OVER_WEIGHTS)
    return any(call in norm.calls and layer_of(plan.facts, norm) is layer for norm in norms)


def built_behind(plan: Plan, site: ast.AST) -> tuple[int, int, bool]:
    """Where a construction comes in `__init__`: a norm right behind the layer that it is given."""
    found = plan.site(site)
    norm = isinstance(found, Layer) and found.layer in OVER_WEIGHTS
    layer = layer_of(plan.facts, found) if isinstance(found, Layer) and norm else None
    node = layer.node if layer is not None and _is_inside(layer.node, site) else site
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0), norm


def _is_inside(node: ast.AST, outer: ast.AST) -> bool:
    return any(part is node for part in ast.walk(outer))
