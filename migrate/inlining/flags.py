"""Conditions in a helper that the constants decide which its calls give."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrate.inlining.helpers import Body, Case, Helper, given
from migrate.inlining.spans import Text

Sides = dict[ast.If, dict[ast.Call, bool]]


@dataclass(frozen=True)
class Unknown:
    """What a call gives is no constant."""


def decided(source: Text, helper: Helper) -> Sides:
    """The conditions around layers that each call decides; there is a call for each side."""
    function = helper.cases[0].function
    if len(helper.cases) != 1 or isinstance(function, ast.Lambda):
        return {}
    values = {call: constants(helper, function, call) for call in helper.calls}
    found: Sides = {}
    _decide(source, helper.cases[0], function.body, values, found)
    return found


def constants(helper: Helper, function: Body, call: ast.Call) -> dict[str, object]:
    """The parameters that a call gives a constant, and that keep it."""
    bound = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    every = [each for each in given(helper, call) or () if each.name not in bound]
    return {each.name: each.value.value for each in every if isinstance(each.value, ast.Constant)}


def _decide(
    source: Text,
    case: Case,
    block: Sequence[ast.stmt],
    values: dict[ast.Call, dict[str, object]],
    found: Sides,
) -> None:
    for node in block:
        if not isinstance(node, ast.If) or not any(map(_may_build, ast.walk(node))):
            continue
        answers = {call: answer(node.test, known) for call, known in values.items()}
        sides = {call: side for call, side in answers.items() if isinstance(side, bool)}
        ways = {*sides.values()}
        every = ways == {True, False} or (ways == {True} and not node.orelse)
        if len(sides) != len(values) or not every or not _is_plain(source, node):
            continue
        found[node] = sides
        for held, inner in ((True, node.body), (False, node.orelse)):
            here = {call: known for call, known in values.items() if sides[call] is held}
            _decide(source, case, inner, here, found)
        if is_elif(source, node) and node.orelse[0] not in found:
            del found[node]


def _may_build(node: ast.AST) -> bool:
    """Whether a call may be that of a layer, or of a helper."""
    match node:
        case ast.Call(func=ast.Call() | ast.Name()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"))):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name[:1].isupper()
        case _:
            return False


def answer(test: ast.expr, known: dict[str, object]) -> object:
    """What a test gives where some names are known; `Unknown` where that does not tell."""
    match test:
        case ast.Name(id=name) if name in known:
            return bool(known[name])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = answer(operand, known)
            return not inner if isinstance(inner, bool) else Unknown()
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=value)]) if (
            name in known
        ):
            return _compared(op, known[name], value)
        case ast.BoolOp(op=op, values=values):
            sides = [answer(value, known) for value in values]
            if not all(isinstance(side, bool) for side in sides):
                return Unknown()
            return all(sides) if isinstance(op, ast.And) else any(sides)
        case _:
            return Unknown()


def _compared(op: ast.cmpop, one: object, other: object) -> object:
    match op:
        case ast.Is():
            return one is other if other is None else Unknown()
        case ast.IsNot():
            return one is not other if other is None else Unknown()
        case ast.Eq():
            return one == other
        case ast.NotEq():
            return one != other
        case _:
            return Unknown()


def is_elif(source: Text, node: ast.If) -> bool:
    """Whether the other side of a condition is an `elif`."""
    return len(node.orelse) == 1 and source.lines[node.orelse[0].lineno - 1].lstrip().startswith("elif")


def else_line(source: Text, node: ast.If) -> int:
    """The line of `else`; 0 where there is none."""
    if not node.orelse or is_elif(source, node):
        return 0
    lines = range((node.body[-1].end_lineno or 0) + 1, node.orelse[0].lineno)
    return next((n for n in lines if source.lines[n - 1].lstrip().startswith("else")), 0)


def _is_plain(source: Text, node: ast.If) -> bool:
    """Whether each side has lines of its own, and nothing stands between them."""
    if node.test.end_lineno != node.lineno or not all(map(source.stands_alone, _statements(node))):
        return False
    last = node.body[-1].end_lineno or 0
    if not node.orelse:
        return True
    if is_elif(source, node):
        return not any(source.lines[n - 1].strip() for n in range(last + 1, node.orelse[0].lineno))
    middle = else_line(source, node)
    return middle > 0 and not any(source.lines[n - 1].strip() for n in range(last + 1, middle))


def _statements(node: ast.If) -> Iterator[ast.stmt]:
    for each in (*node.body, *node.orelse):
        if not isinstance(each, ast.If):
            yield each
