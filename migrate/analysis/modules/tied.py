"""Weights that layers share: `self.model.variables["params"]["wte"]["embedding"]`, `self.head.apply(...)`."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Array, Const, Instance, LayerTree, Symbol, Value
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.modules.methods import leaf
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.layer_shapes import output
from migrate.analysis.shapes.plain_shapes import of
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import ApplyLayer, Layer, ReadLeaf

DENSE = "flax.linen.Dense"


def item(run: Run, node: ast.Subscript, tree: LayerTree, index: Value) -> Value:
    """One step into the variables of a layer; a single parameter at the end is an array."""
    keys = (*tree.keys, index.value) if isinstance(index, Const) and isinstance(index.value, str) else ()
    if not keys or keys[0] != "params" or run.owner is None:
        blocked(run, node, "LNX312", "the variables of a layer are read in a way that has no rewriting")
        return UNKNOWN
    if len(keys) > 1 and leaf(run, tree.instance, keys):
        path = keys[1:] if tree.name is None else (tree.name, *keys[1:])
        run.facts.site(ReadLeaf(node, tree.root, path, run.owner))
        return Array(Shape())
    return replace(tree, keys=keys)


def own(run: Run, node: ast.Subscript, name: str) -> LayerTree | None:
    """`self.variables["params"]["wte"]`, where that is a layer of the module."""
    sites = [site for site in run.facts.sites.values() if isinstance(site, Layer) and site.name == name]
    match [site for site in sites if run.owner is not None and site.owner.node is run.owner.node], node.value:
        case [Layer(kept=kept, lifted=None) as site], ast.Subscript(value=ast.Attribute(value=root)) if (
            kept != "*"
        ):
            return LayerTree(Instance(site.cls or Symbol(site.layer), site.node), root, ("params",), name)
        case _:
            return None


def check(run: Run, node: ast.expr, found: Value) -> None:
    """The variables of a layer may only be read down to one parameter."""
    parent = run.facts.scopes.parent[node]
    if isinstance(found, LayerTree) and not (isinstance(parent, ast.Subscript) and parent.value is node):
        blocked(run, node, "LNX312", "the variables of a layer are read, and not one parameter of them")


def applied(run: Run, site: Layer, given: Arguments) -> Value:
    """The layer with other parameters than its own."""
    assert run.owner is not None
    run.facts.site(ApplyLayer(given.node, site.node, run.owner))
    shape = of(given.args[1])
    found = {name: run.facts.values.get(node, UNKNOWN) for name, node in site.given}
    texts = {n: t for n, v in site.given if (t := init_text(run.facts, site.owner, v)) is not None}
    known = shape if shape is not None and isinstance(given.args[1], Array) else Shape()
    return Array(output(LAYERS[DENSE].output, known, found, texts))
