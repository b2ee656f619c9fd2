"""Helpers of which nothing is left but the call of a layer: their calls become that."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set

from migrate.inlining.helpers import Given, Helper, given
from migrate.inlining.outcomes import Direct, Written
from migrate.inlining.spans import Text
from migrate.rewrite.layout import flat


def direct(
    before: Text, helper: Helper, made: Written, bodies: Mapping[int, str], calls: Mapping[int, ast.Call]
) -> dict[int, Direct]:
    """What each call is, if that is all; none where comments or the order of its arguments would be lost."""
    found = {n: _direct(helper, made, body, n, calls[n]) for n, body in bodies.items()}
    known = {number: each for number, each in found.items() if each is not None}
    return known if len(known) == len(found) and not _is_wanted(before, helper) else {}


def _direct(helper: Helper, made: Written, body: str, number: int, call: ast.Call) -> Direct | None:
    layers = made.added[number].keys() - made.named
    value = _value(helper, body)
    if value is None or len(layers) != 1:
        return None
    names = {a.arg for a in helper.parameters() if a.arg not in made.dropped}
    found = _of(Text(body), value, layers, names | made.named)
    if found is None:
        return None
    order = [text for _, text, own in found.arguments or () if own and text not in made.named]
    every = [each for each in given(helper, call) or () if each.name in names]
    rest = [each for each in every if each.name not in order]
    constant = all(isinstance(each.value, ast.Constant) for each in rest)
    return found if constant and len({*order}) == len(order) and _follows(every, order) else None


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


def _of(source: Text, value: ast.expr, layers: Set[str], parameters: Set[str]) -> Direct | None:
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
