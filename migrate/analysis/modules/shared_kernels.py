"""Layers that are called more than once: Linen makes one kernel, so that the size of the input is the same.

    key = self.key(x)
    more = self.key(pooled)

Where the size at a later call cannot be told, it is that of an earlier call that surely was made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.kinds import Array, Unknown, Value
from migrate.analysis.modules.layers import LAYERS
from migrate.analysis.program.scopes import COMPREHENSIONS, FUNCTIONS, TURNS
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import UNKNOWN_SHAPE
from migrate.analysis.sites import Layer

SIZED = frozenset({"features", "conv"})


def completed(run: Run, site: Layer, node: ast.Call, known: Value | None, value: Value) -> Value:
    """What reaches a layer at one more call, with the size that its kernel was made for."""
    if site.cls is not None or LAYERS[site.layer].output not in SIZED or not is_one(run, site):
        return value
    if not isinstance(known, Array):
        return value
    size = known.shape.axis(-1)
    if size is None or not isinstance(value, Array | Unknown) or not _surely_called(run, site, node):
        return value
    return Array((value.shape if isinstance(value, Array) else UNKNOWN_SHAPE).with_last(size))


def is_one(run: Run, site: Layer) -> bool:
    """Whether one line builds just one layer, so that all calls are of the same."""
    return not site.loops and site.kept != "*" and not run.facts.scopes.within(site.node, TURNS)


def _surely_called(run: Run, site: Layer, node: ast.Call) -> bool:
    """Whether the layer has been called on every way to a call."""
    calls = {*site.calls} - {node}
    return any(_calls(statement, calls) for statement in _before(run, node))


def _before(run: Run, node: ast.AST) -> Iterator[ast.stmt]:
    """The statements in front of a node, in its block and in those around it, up to the method."""
    parent, scopes = run.facts.scopes.parent, run.facts.scopes
    while not isinstance(node, FUNCTIONS):
        if isinstance(node, ast.stmt):
            block = scopes.block(node)
            yield from block[: block.index(node)]
        node = parent[node]


def _calls(node: ast.AST, calls: set[ast.Call]) -> bool:
    """Whether one of the calls is made wherever a node runs."""
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            both = all(any(_calls(s, calls) for s in block) for block in (body, orelse))
            return both or _calls(test, calls)
        case ast.IfExp(test=test, body=yes, orelse=no):
            return _calls(test, calls) or (_calls(yes, calls) and _calls(no, calls))
        case ast.BoolOp(values=[first, *_]):
            return _calls(first, calls)
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Expr() | ast.expr():
            lazy = isinstance(node, (ast.Lambda, *COMPREHENSIONS))
            children = () if lazy else ast.iter_child_nodes(node)
            return node in calls or any(_calls(child, calls) for child in children)
        case ast.keyword(value=value):
            return _calls(value, calls)
        case _:
            return False
