"""Attention layers that decode step by step: Linen's `init` makes their cache, in NNX `init_cache` does."""

from __future__ import annotations

from migrate.analysis.kinds import Const
from migrate.analysis.sites import Construct, Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def decodes(plan: Plan, site: Layer) -> bool:
    """Whether an attention layer may have a cache."""
    node = dict(site.given).get("decode")
    return site.cls is None and node is not None and plan.facts.values.get(node) != Const(False)


def check_decoding(plan: Plan, site: Layer) -> None:
    """Callers have to make the cache; where the sources build the module, these would have to change."""
    if decodes(plan, site) and any(isinstance(each, Construct) for each in plan.component.sites):
        message = "this layer may decode with a cache, which `init` makes in Linen and callers make in NNX"
        raise Blocked(site.node, "LNX110", message)
