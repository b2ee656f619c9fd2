"""Loops over layers that are all alike: `for block in self.blocks: x = block(x)`.

The layers are built by one line, with one size of their input. Where a turn adds what a layer gives to its
input, that input has the size of the sum, unless it is a single number that is spread over the sum.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Array, Repeated, Value
from migrate.analysis.modules.layer_lists import layers_in
from migrate.analysis.modules.loops import leaves
from migrate.analysis.modules.sequences import repeated_in
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import PLACEHOLDER, agreed
from migrate.analysis.sites import Site

MORE = 3
"""Turns after which an array of the first one may reach the layers by way of other variables."""


def numbered(run: Run, node: ast.For) -> Repeated | None:
    """The list of layers that `for i in range(n): x = self.blocks[i](x)` reads, if it reads just one."""
    match node:
        case ast.For(target=ast.Name(), iter=ast.Call(func=ast.Name(id="range")), orelse=[]):
            pass
        case _:
            return None
    found = set()
    for part in ast.walk(node):
        match part:
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                found |= {v} if isinstance(v := run.attributes.get(name), Repeated) else set()
    return found.pop() if len(found) == 1 and not leaves(node) else None


def run_turns(run: Run, node: ast.For, turns: list[Value], listed: Repeated | None = None) -> None:
    """Run the turns, once more from the settled sizes where the first turn has changed them."""
    start = dict(run.frame.vars)
    layers = listed or repeated_in(run, node.iter)
    kept, known = run.facts.snapshot(node), _sites(run, layers)
    before = start
    for index, item in enumerate(turns):
        before = dict(run.frame.vars)
        run.assign(node.target, item)
        run.execute(node.body)
        settled = _settled(start, run.frame.vars) if index == 0 and layers is not None else {}
        if settled:
            run.facts.restore(node, kept)
            run.facts.sites |= known
            _remember(run, start, settled)
            run.frame.vars = start | settled
            run_turns(run, node, turns, listed)
            return
    for _ in range(MORE if layers is not None else 0):
        if not _shapes_changed(before, run.frame.vars):
            return
        before = dict(run.frame.vars)
        run.assign(node.target, turns[-1])
        run.execute(node.body)


def _shapes_changed(before: dict[str, Value], after: dict[str, Value]) -> bool:
    return any(isinstance(value, Array) and after.get(name) != value for name, value in before.items())


def _sites(run: Run, layers: Repeated | None) -> dict[ast.AST, Site]:
    """The layers of the list as they are known before the loop."""
    each = layers_in(layers.item) if layers is not None else None
    return {layer.site: run.facts.sites[layer.site] for layer in each or () if layer.site in run.facts.sites}


def _settled(start: dict[str, Value], end: dict[str, Value]) -> dict[str, Value]:
    """The arrays whose last axis is what a turn leaves: the larger one of what it was and something else."""
    found: dict[str, Value] = {}
    for name in start.keys() & end.keys():
        before, after = start[name], end[name]
        if isinstance(before, Array) and isinstance(after, Array):
            old, new = before.shape.axis(-1), after.shape.axis(-1)
            if old is not None and new is not None and old != new and agreed(old, new) == new:
                found[name] = after
    return found


def _remember(run: Run, start: dict[str, Value], settled: dict[str, Value]) -> None:
    """A module that is given a single number there would be built with another size."""
    assert run.owner is not None
    for name in settled:
        value = start[name]
        axis = value.shape.axis(-1) if isinstance(value, Array) else None
        for match in PLACEHOLDER.finditer(axis.text if axis is not None else ""):
            run.facts.spread.add((run.owner.node, match[2] or match[3]))
