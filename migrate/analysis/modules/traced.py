"""Sizes that a trace has shown, where the code does not tell them."""

from __future__ import annotations

from migrate.analysis.kinds import UNKNOWN, Array, Value
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape, Size
from migrate.analysis.sites import Layer
from migrate.result import Place

Inputs = tuple[tuple[str, Value], ...]


def completed(run: Run, site: Layer, inputs: Inputs) -> Inputs:
    """The inputs of a layer, the first one with its last axis as it was traced."""
    if not run.facts.traced or not inputs:
        return inputs
    node = site.node
    end = (node.end_lineno or 0, node.end_col_offset or 0)
    size = run.facts.traced.get(Place(run.facts.file(node).path, node.lineno, node.col_offset, *end))
    if size is None:
        return inputs
    (name, first), *rest = inputs
    shape = first.shape if isinstance(first, Array) else Shape() if first == UNKNOWN else None
    if shape is None or shape.axis(-1) is not None:
        return inputs
    told = Array(Shape((*shape.axes[:-1], Size(str(size))), shape.exact and bool(shape.axes)))
    return ((name, told), *rest)
