"""Layers that are applied to other parameters than their own."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Instance
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer


def layer_of(run: Run, instances: frozenset[Instance], node: ast.Call) -> Layer | None:
    """The layer of this module that `self.head.apply({"params": {"kernel": kernel}}, x)` computes with."""
    sites = [run.facts.sites.get(instance.site) for instance in instances]
    match sites, node:
        case (
            [Layer(layer="flax.linen.Dense") as site],
            ast.Call(
                args=[ast.Dict(keys=[ast.Constant(value="params")], values=[ast.Dict() as leaves]), _],
                keywords=[],
            ),
        ) if run.owner is not None and site.owner.node is run.owner.node:
            keys = [key.value if isinstance(key, ast.Constant) else None for key in leaves.keys]
            return site if keys in (["kernel"], ["kernel", "bias"]) else None
        case _:
            return None
