"""`(config, (first, second)) = from_bytes((None, (first, second)), data)`: several trees out of one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Params, Sequence, Value, Variables, followed
from migrate.analysis.run import Run
from migrate.analysis.sites import LoadTrees


def load(run: Run, given: Arguments, target: ast.expr) -> Value | None:
    """What such a call gives: each tree under the name that it had; None where it has another form."""
    statement = run.facts.scopes.parent[given.node]
    match statement:
        case ast.Assign(targets=[ast.Tuple() as bound]):
            pairs = [*_pairs(target, bound)]
        case _:
            return None
    values = {target: run.facts.values.get(target, UNKNOWN) for target, _ in pairs}
    trees = [(given, to) for given, to in pairs if followed(values[given])]
    named = all(isinstance(a, ast.Name) and isinstance(b, ast.Name) and a.id == b.id for a, b in trees)
    held = [value for value in values.values() if isinstance(value, Params | Variables)]
    if not named or len(held) != len(trees) or any(value.stale for value in held):
        return None
    tokens = frozenset[object]().union(*(value.tokens for value in held))
    if any(tokens & frozen for frozen in run.frozen):
        return None
    run.facts.site(LoadTrees(given.node, bound, tuple((a, b) for a, b in trees)))
    for value in held:
        run.age(value.tokens)
    return _loaded(run, target)


def _pairs(target: ast.expr, bound: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is filled and what receives it, item by item."""
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(bound, ast.Tuple):
        yield target, bound
    elif len(target.elts) == len(bound.elts):
        for one, other in zip(target.elts, bound.elts, strict=True):
            yield from _pairs(one, other)
    else:
        yield target, bound


def _loaded(run: Run, target: ast.expr) -> Value:
    match target:
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return Sequence(tuple(_loaded(run, item) for item in items))
        case _:
            value = run.facts.values.get(target, UNKNOWN)
            return replace(value, stale=False) if isinstance(value, Params | Variables) else UNKNOWN
