"""Loops over lists that `setup` fills in a loop of its own: a running size goes along with that loop."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Array, Repeated, Sequence, Value
from migrate.analysis.modules.layer_lists import layers_in
from migrate.analysis.modules.loops import unused
from migrate.analysis.modules.named_lists import named_lists
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape, Size
from migrate.analysis.sites import Running, Site, Turns

NAMES = ("features", "inner_features", "running_features")


def run_filled(run: Run, node: ast.For) -> bool:
    """Run `for layer in self.layers: x = layer(x)`; False where this is another loop."""
    filling = _filling(run, node.iter)
    match run.facts.values.get(node.iter):
        case Sequence((*first, Repeated(item))) if filling is not None:
            pass
        case _:
            return False
    run.facts.loops.pop(filling, None)
    for layer in first:
        _turn(run, node, layer)
    entry, kept = dict(run.frame.vars), run.facts.snapshot(node)
    known: dict[ast.AST, Site] = {layer.site: run.facts.sites[layer.site] for layer in layers_in(item) or ()}
    _turn(run, node, item)
    found = changed(entry, run.frame.vars)
    if len(found) != 1:
        _turn(run, node, item)
        return True
    ((name, start),) = found.items()
    run.facts.restore(node, kept)
    run.facts.sites |= known
    running = unused(run, NAMES, f"running_{name}")
    run.frame.vars = entry | {name: with_last(entry[name], Size(running))}
    _turn(run, node, item)
    end = last(run.frame.vars.get(name))
    if end is not None:
        loop = run.facts.fillings[filling]
        run.facts.loops[filling] = Turns(loop, (Running(running, start, end),))
    run.frame.vars[name] = with_last(entry[name], Size(running) if end is not None else None)
    return True


def _filling(run: Run, iterated: ast.expr) -> ast.For | None:
    """The loop of `setup` that fills the list which a loop runs over."""
    match iterated:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if run.owner is not None:
            one = named_lists(run.owner).get(name)
            return one.loop if one is not None and one.loop in run.facts.fillings else None
        case _:
            return None


def _turn(run: Run, node: ast.For, layer: Value) -> None:
    run.assign(node.target, layer)
    run.execute(node.body)


def changed(before: dict[str, Value], after: dict[str, Value]) -> dict[str, Size]:
    """The arrays whose last axis a turn has changed, with what it was."""
    return {
        name: size
        for name, value in before.items()
        if (size := last(value)) is not None and last(after.get(name)) != size
    }


def last(value: Value | None) -> Size | None:
    return value.shape.axis(-1) if isinstance(value, Array) else None


def with_last(value: Value, size: Size | None) -> Value:
    assert isinstance(value, Array)
    shape = value.shape
    axes = (*shape.axes[:-1], size) if shape.axes else (size,)
    return Array(Shape(axes, shape.exact, shape.base))
