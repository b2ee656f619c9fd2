"""Helpers that `setup` calls for layers: they build them still, and are told the size of the input."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from migrate.inlining.free_names import bound_names, free_names
from migrate.inlining.helpers import Helper, given
from migrate.inlining.marks import marked
from migrate.inlining.outcomes import Branch, Unfold, Written
from migrate.rewrite.layout import flat

IN_FEATURES = "in_features"


def sizes(
    helper: Helper,
    made: Written,
    branches: Mapping[int, Branch],
    calls: Mapping[int, ast.Call],
    text_of: Callable[[ast.AST], str],
) -> list[tuple[ast.expr, str]]:
    """The sizes in the bodies that what the calls give stands for, each with its name."""
    every = [_places(branch.statements, [*branches]) for branch in branches.values()]
    bound = bound_names(n for c in helper.cases for n in ast.walk(c.function))
    if IN_FEATURES in {a.arg for a in helper.parameters()} | bound:
        raise Unfold
    if len({len(nodes) for nodes in every}) != 1 or not every[0]:
        raise Unfold
    for number, (first, *_) in zip(branches, every, strict=True):
        made.added[number][IN_FEATURES] = flat(text_of(first))
    made.builds = True
    found = [(nodes[0], IN_FEATURES) for nodes in every]
    values = [{g.name: ast.unparse(g.value) for g in given(helper, calls[n]) or ()} for n in branches]
    for nodes in zip(*(nodes[1:] for nodes in every), strict=True):
        name = _given_there([ast.unparse(node) for node in nodes], values)
        found += [(node, name) for node in nodes]
    return found


def _given_there(texts: Sequence[str], values: Sequence[Mapping[str, str]]) -> str:
    """The one parameter that every call gives the size which stands there."""
    names = [n for n in values[0] if all(of.get(n) == t for of, t in zip(values, texts, strict=True))]
    if len(names) != 1:
        raise Unfold
    return names[0]


def _places(statements: Sequence[ast.stmt], numbers: Sequence[int]) -> list[ast.expr]:
    """The sizes of layers that do not come from what a helper is given, in the order of the text."""
    own = bound_names(statements)
    found = []
    for node in (n for s in statements for n in ast.walk(s)):
        if isinstance(node, ast.Call) and node.args and _builds(node):
            names = free_names(node.args[0])
            if not names or not all(marked(name, numbers) or name in own for name in names):
                found.append(node.args[0])
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def is_factory(branches: Mapping[int, Branch]) -> bool:
    """Whether all bodies build layers."""
    return all(any(map(_builds, ast.walk(s))) for b in branches.values() for s in b.statements[-1:])


def _builds(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="nnx")), keywords=keywords):
            return any(k.arg == "rngs" for k in keywords)
        case _:
            return False
