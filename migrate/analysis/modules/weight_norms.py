"""`nn.WeightNorm(layer)` and `nn.SpectralNorm(layer)`: a layer called with weights that are normalised."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Instance
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer

LAYER = "layer_instance"


def layer_of(facts: Facts, site: Layer) -> Layer | None:
    """The layer whose weights are normalised."""
    node = dict(site.given).get(LAYER)
    value = facts.values.get(node) if node is not None else None
    found = facts.sites.get(value.site) if isinstance(value, Instance) else None
    return found if isinstance(found, Layer) else None


def is_held(facts: Facts, site: Layer, layer: Layer) -> bool:
    """Whether the norm holds the layer, as in `setup`, where nothing else keeps what is built on the spot."""
    function = facts.scopes.function(site.node)
    in_setup = isinstance(function, ast.FunctionDef) and function.name == "setup"
    return in_setup and dict(site.given).get(LAYER) is layer.node


def adopt(run: Run, site: Layer) -> None:
    """The layer that a norm is given must be one with plain weights."""
    layer = layer_of(run.facts, site)
    if layer is None or not _has_plain_weights(layer) or layer.node in run.facts.twins:
        message = "the layer under this norm has more than plain weights, or is not built in sight"
        blocked(run, site.node, "LNX110", message)
    elif is_held(run.facts, site, layer):
        if layer.explicit:
            message = "a layer under a norm of its weights has a name of its own in `setup`"
            blocked(run, site.node, "LNX110", message)
        run.facts.sites[layer.node] = replace(layer, kept="*")
    elif layer.name == LAYER or _stays_local(run, site, layer):
        message = "the layer under this norm of its weights belongs to no attribute: build it on the spot"
        blocked(run, site.node, "LNX110", message)


def _has_plain_weights(layer: Layer) -> bool:
    """Whether a layer only reads its parameters, so that a copy with others of them does the same."""
    kind = LAYERS.get(layer.layer) if layer.cls is None else None
    special = layer.through or layer.lifted or layer.extends
    reads = kind is not None and kind.leaves and not (kind.stats or kind.draws or kind.before)
    return bool(reads) and special is None and kind is not None and kind.output != "weights"


def _stays_local(run: Run, site: Layer, layer: Layer) -> bool:
    """Whether `setup` built the layer and no attribute keeps it."""
    function = run.facts.scopes.function(layer.node)
    in_setup = isinstance(function, ast.FunctionDef) and function.name == "setup"
    return in_setup and layer.kept is None


def inputs_of_layer(given: Arguments) -> Arguments:
    """What a call of the norm hands to the layer."""
    others = tuple((name, value) for name, value in given.keywords if name != "update_stats")
    return replace(given, keywords=others)
