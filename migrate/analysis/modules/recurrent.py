"""Recurrent cells, and the layers that run them over a sequence."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.joining import join
from migrate.analysis.kinds import UNKNOWN, Array, Const, Instance, Sequence, Value
from migrate.analysis.modules.layers import LAYERS, WRAPPERS
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.shapes.layer_shapes import size
from migrate.analysis.shapes.sizes import Shape, Size, combined
from migrate.analysis.sites import CellCarry, Layer

Inputs = dict[str, Value]


def adopt(run: Run, site: Layer) -> None:
    """The cells that a wrapper is given: in `setup` they go where it goes."""
    setup = run.facts.scopes.function(site.node)
    for name in WRAPPERS[site.layer]:
        node = dict(site.given).get(name)
        inner = run.facts.values.get(node) if node is not None else None
        known = run.facts.sites.get(inner.site) if isinstance(inner, Instance) else None
        if not isinstance(known, Layer) or known.lifted is not None:
            message = "the cell of this layer cannot be followed to where it is built"
            blocked(run, site.node, "LNX110", message)
        elif getattr(setup, "name", "") == "setup":
            if known.node is not node or known.explicit:
                blocked(
                    run, site.node, "LNX110", "a cell in `setup` is built apart from the layer that runs it"
                )
            run.facts.sites[known.node] = replace(known, kept="*")


def carried(layer: str, shape: Shape, given: Inputs, texts: dict[str, str]) -> Value:
    """What a cell gives: its new carry and its output."""
    output = Array(shape.with_last(size(given, texts, "features")))
    return Sequence((_carry(layer, output), output))


def _carry(layer: str, output: Array) -> Value:
    return Sequence((output, output)) if "LSTM" in layer else output


def run_over(run: Run, site: Layer, inputs: Inputs) -> Value:
    """A wrapper is called: its cells see the same sizes, without the axis of time."""
    value = inputs.get("inputs", UNKNOWN)
    shape = value.shape if isinstance(value, Array) else Shape()
    found = [_last(run, inner, shape) for inner in _inner(run, site)]
    merged = "merge_fn" not in dict(site.given)
    last = found[0] if found else None
    if len(found) > 1:
        both = all(one is not None for one in found) and merged
        last = combined(found[0], "+", found[1]) if both and found[0] and found[1] else None
    result = Array(shape.with_last(last))
    given = {name: run.facts.values.get(node, UNKNOWN) for name, node in site.given}
    match inputs.get("return_carry", given.get("return_carry", Const(False))):
        case Const(True):
            return Sequence((UNKNOWN, result))
        case Const(False | None):
            return result
        case _:
            return UNKNOWN


def _inner(run: Run, site: Layer) -> list[Layer]:
    given = dict(site.given)
    values = [run.facts.values.get(given[name]) for name in WRAPPERS[site.layer] if name in given]
    found = [run.facts.sites.get(value.site) for value in values if isinstance(value, Instance)]
    return [inner for inner in found if isinstance(inner, Layer)]


def _last(run: Run, inner: Layer, shape: Shape) -> Size | None:
    """The size of the output of one cell, which now sees an input of this shape."""
    if inner.layer in WRAPPERS:
        below = _inner(run, inner)
        return _last(run, below[0], shape) if below else None
    seen: Value = Array(Shape((shape.axis(-1),)))
    known = dict(inner.inputs or ())
    if "inputs" in known:
        seen = join(known["inputs"], seen)
    run.facts.sites[inner.node] = replace(inner, inputs=(("inputs", seen),))
    given = {name: run.facts.values.get(node, UNKNOWN) for name, node in inner.given}
    if inner.cls is not None or LAYERS[inner.layer].output != "cell":
        blocked(run, inner.node, "LNX110", "a cell of the project is run over a sequence")
        return None
    texts = _texts(run, inner)
    return size(given, texts, "features")


def _texts(run: Run, site: Layer) -> dict[str, str]:
    from migrate.analysis.modules.hoisting import init_text

    found = {name: init_text(run.facts, site.owner, node) for name, node in site.given}
    return {name: text for name, text in found.items() if text is not None}


def initial_carry(run: Run, instance: Instance, given: Arguments) -> Value:
    """`cell.initialize_carry(key, shape)`: zeros, as long as nothing else was asked for."""
    site = run.facts.sites.get(instance.site)
    plain = isinstance(site, Layer) and site.cls is None and LAYERS[site.layer].output == "cell"
    whole = (
        len(given.args) == 2
        and not given.keywords
        and not any(isinstance(arg, ast.Starred) for arg in given.node.args)
    )
    if not plain or not whole or run.owner is None:
        blocked(run, given.node, "LNX110", "`initialize_carry` is called in a way that has no rewriting")
        return UNKNOWN
    assert isinstance(site, Layer)
    run.facts.site(CellCarry(given.node, run.owner))
    fields = {name: run.facts.values.get(node, UNKNOWN) for name, node in site.given}
    return _carry(site.layer, Array(Shape((size(fields, _texts(run, site), "features"),))))
