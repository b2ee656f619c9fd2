"""`jax.vmap(layer)(x)` inside a module: one layer for every entry of its inputs."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Array, Instance, Value
from migrate.analysis.modules import building
from migrate.analysis.modules.mapped import together
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape
from migrate.analysis.sites import Layer


def is_known(run: Run, given: Arguments) -> bool:
    """Whether a layer of the module is called on the spot, for each entry along the first axis."""
    node = given.node
    above = run.facts.scopes.parent[node]
    if run.owner is None or not isinstance(above, ast.Call) or above.func is not node or node.keywords:
        return False
    if len(given.args) != 1 or above.keywords or any(isinstance(arg, ast.Starred) for arg in above.args):
        return False
    layer = given.args[0]
    site = run.facts.sites.get(layer.site) if isinstance(layer, Instance) else None
    return isinstance(site, Layer) and site.lifted is None


def call(run: Run, layer: Instance, given: Arguments) -> Value:
    """What the layer gives, with the axis in front again."""
    entries = tuple(_entry(value) for value in given.args)
    return together(building.call(run, layer, replace(given, args=entries)))


def _entry(value: Value) -> Value:
    if not isinstance(value, Array):
        return value
    shape = value.shape
    if shape.exact:
        return Array(Shape(shape.axes[1:], True)) if shape.axes else Array(Shape())
    return Array(Shape(shape.last(max(1, len(shape.axes)))))
