"""Where the variables of a Linen model are found in the NNX model, as far as the code tells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Const
from migrate.analysis.modules.classes import lineage
from migrate.analysis.modules.layers import LAYERS, WRAPPERS, LayerKind
from migrate.analysis.modules.weight_norms import LAYER, is_held, layer_of
from migrate.analysis.sites import Layer, Parameter

GATES = ("ii", "if", "ig", "io", "hi", "hf", "hg", "ho")
ATTENTION = tuple(
    f"{part}/{leaf}" for part in ("query", "key", "value", "out") for leaf in ("kernel", "bias")
)
CELLS = {
    "LSTMCell": {f"{gate}/kernel": f"{gate.replace('if', 'if_')}/kernel" for gate in GATES}
    | {f"{gate}/bias": f"{gate}/bias" for gate in GATES[4:]},
    "SimpleCell": {"i/kernel": "dense_i/kernel", "i/bias": "dense_i/bias", "h/kernel": "dense_h/kernel"},
    "LinenGRUCell": {f"{side}{gate}/kernel": f"{side}{gate}/kernel" for side in "ih" for gate in "rzn"}
    | {f"{gate}/bias": f"{gate}/bias" for gate in ("ir", "iz", "in", "hn")},
}
"""The leaves of cells, with their names in NNX; gates that are fused there have no partner of their own."""

SWITCHES = {"bias": "use_bias", "scale": "use_scale"}


def path_map(facts: Facts, cls: Class) -> dict[str, str]:
    """Each leaf of a model, collections left out, to its place: names that the code writes out."""
    return dict(_leaves(facts, cls, "", ()))


def _leaves(facts: Facts, cls: Class, prefix: str, above: tuple[Class, ...]) -> Iterator[tuple[str, str]]:
    if cls in above:
        return
    for site in facts.sites.values():
        if not isinstance(site, (Layer, Parameter)) or site.owner.node is not cls.node or "{" in site.name:
            continue
        path = f"{prefix}{site.name}"
        if isinstance(site, Parameter):
            yield path, path
        elif site.kept == "*" or site.layer in WRAPPERS or site.through is not None:
            continue
        elif site.cls is not None:
            yield from _leaves(facts, site.cls, f"{path}/", (*above, cls))
        else:
            for one, other in _of_layer(facts, site, LAYERS[site.layer]):
                yield f"{path}/{one}", f"{path}/{other}"


def _of_layer(facts: Facts, site: Layer, kind: LayerKind) -> Iterator[tuple[str, str]]:
    given = {name: facts.values.get(node) for name, node in site.given}
    if kind.output == "weights":
        yield from ((path, path) for path in _of_norm(facts, site, kind))
        return
    if kind.output == "cell":
        yield from CELLS.get(kind.target, {}).items()
        return
    for leaf in ATTENTION if kind.output == "attention" else (*kind.leaves, *kind.stats):
        switch = SWITCHES.get(leaf.rpartition("/")[2], "")
        if given.get(switch) != Const(False):
            yield leaf, leaf


def _of_norm(facts: Facts, site: Layer, kind: LayerKind) -> Iterator[str]:
    """The leaves of a norm over weights, which have the path of these weights in their names."""
    layer, given = layer_of(facts, site), dict(site.given)
    if layer is None or "{" in layer.name or given.keys() & {"variable_filter", "use_scale", "n_steps"}:
        return
    held = is_held(facts, site, layer)
    for leaf in LAYERS[layer.layer].leaves:
        if held:
            yield f"{LAYER}/{leaf}"
        if leaf == "kernel":
            yield from (
                f"{LAYER if held else layer.name}/{leaf}/{own}" for own in (*kind.leaves, *kind.stats)
            )


def paths_stay(facts: Facts, cls: Class, above: tuple[ast.ClassDef, ...] = ()) -> bool:
    """Whether every parameter of a model surely has the path in NNX that it has in Linen."""
    owners = {one.node for one in lineage(cls)}
    if any(node in owners for node, _ in (*facts.given_layers, *facts.class_fields)) or cls.node in above:
        return False
    layers = (s for s in facts.sites.values() if isinstance(s, Layer) and s.owner.node in owners)
    return all(_stays(facts, site, (*above, cls.node)) for site in layers)


def _stays(facts: Facts, site: Layer, above: tuple[ast.ClassDef, ...]) -> bool:
    if site.kept == "*" or site.layer in WRAPPERS or site.through is not None or site.lifted is not None:
        return False
    if site.cls is not None:
        return paths_stay(facts, site.cls, above)
    kind = LAYERS.get(site.layer)
    return kind is not None and kind.output not in {"cell", "attention"}
