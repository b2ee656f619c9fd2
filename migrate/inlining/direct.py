"""Helpers of which nothing is left but the call of a layer: their calls become that."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from migrate.inlining.helpers import Given, Helper, given
from migrate.inlining.outcomes import Direct, Written
from migrate.inlining.spans import Text
from migrate.rewrite.layout import flat


def direct(
    before: Text, helper: Helper, made: Written, body: str, calls: Sequence[ast.Call]
) -> Direct | None:
    """What a helper is, if that is all; None where comments or the order of its arguments would be lost."""
    layers = {name for added in made.added.values() for name in added} - made.named
    value = _value(helper, body)
    if value is None or made.optional or len(layers) != 1 or _is_wanted(before, helper):
        return None
    source, names = Text(body), [a.arg for a in helper.parameters() if a.arg not in made.dropped]
    found = _of(source, value, layers, {*names, *made.named})
    if found is None or found.arguments is None:
        return found if not names else None
    order = [text for _, text, own in found.arguments if own and text not in made.named]
    every = [[g for g in given(helper, call) or () if g.name in names] for call in calls]
    return found if sorted(order) == sorted(names) and all(_follows(e, order) for e in every) else None


def _follows(each: Sequence[Given], order: Sequence[str]) -> bool:
    """Whether what a call gives is evaluated in an order; for constants that makes no difference."""
    names = [g.name for g in each if not isinstance(g.value, ast.Constant)]
    return names == [name for name in order if name in names]


def _value(helper: Helper, body: str) -> ast.expr | None:
    """The only expression of a body."""
    if len(helper.cases) != 1:
        return None
    if isinstance(helper.cases[0].function, ast.Lambda):
        return ast.parse(f"({body})", mode="eval").body
    match ast.parse("def f():\n" + "".join(f" {line}\n" for line in body.splitlines())).body:
        case [ast.FunctionDef(body=[ast.Return(value=value)])]:
            return value
        case _:
            return None


def _is_wanted(before: Text, helper: Helper) -> bool:
    """Whether comments stand in a helper, behind it or above it, or a text names it, as `__all__` does."""
    statement = helper.cases[0].statement
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    tree = helper.scopes.module(statement)
    if any(isinstance(n, ast.Constant) and n.value == helper.name for n in ast.walk(tree)):
        return True
    above = first > 1 and before.lines[first - 2].lstrip().startswith("#")
    return above or any("#" in line for line in before.lines[first - 1 : last])


def _of(source: Text, value: ast.expr, layers: set[str], parameters: set[str]) -> Direct | None:
    match value:
        case ast.Name(id=name) if name in layers:
            return Direct(name, None)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in layers:
            found = [("", a) for a in args] + [(k.arg or "**", k.value) for k in keywords]
        case _:
            return None
    arguments = []
    for key, node in found:
        read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & (parameters | layers)
        own = isinstance(node, ast.Name) and node.id in parameters
        if (read and not own) or key == "**" or isinstance(node, ast.Starred):
            return None
        arguments.append((key, ast.unparse(node) if own else flat(ast.unparse(node)), own))
    return Direct(name, tuple(arguments))
