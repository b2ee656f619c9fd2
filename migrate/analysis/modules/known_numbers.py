"""Numbers in the name of a layer, as far as the conditions around it decide them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from migrate.analysis.shapes.sizes import Size


def in_branch(count: Size, tests: Sequence[str]) -> Size:
    """A number where these conditions hold: what they decide is left out, and numbers are added up.

    They say nothing of what a sum over other turns of a loop reads.
    """
    if " for " in count.text:
        return count
    if " if " not in count.text or not tests:
        return _summed(count)
    known = _Known([ast.parse(test, mode="eval").body for test in tests])
    tree = known.visit(ast.parse(count.text, mode="eval").body)
    return Size(ast.unparse(_added_up(tree))) if known.decided else _summed(count)


def _summed(count: Size) -> Size:
    """`3 + n + 1` as `4 + n`; a text with quotes is left as it is, which would be others."""
    if count.text.count("+") < 2 or set("'\"") & set(count.text):
        return count
    tree = ast.parse(count.text, mode="eval").body
    numbers = [part for part in _parts(tree) if isinstance(part, ast.Constant)]
    return Size(ast.unparse(_added_up(tree))) if len(numbers) > 1 else count


class _Known(ast.NodeTransformer):
    def __init__(self, tests: Iterable[ast.expr]) -> None:
        self.held = {ast.dump(test) for test in tests}
        self.decided = False

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """`a if test else b`."""
        test = ast.dump(node.test)
        denied = ast.dump(ast.UnaryOp(ast.Not(), node.test))
        if test in self.held or denied in self.held:
            self.decided = True
            chosen: ast.AST = self.visit(node.body if test in self.held else node.orelse)
            return chosen
        return self.generic_visit(node)


def _added_up(node: ast.expr) -> ast.expr:
    """The sum with its numbers as one, and without factors that change nothing."""
    parts = [_without_one(part) for part in _parts(node)]
    numbers = [n for n in parts if isinstance(n, ast.Constant) and isinstance(n.value, int)]
    rest = [n for n in parts if n not in numbers]
    at = parts.index(numbers[0]) if numbers else 0
    value = sum(int(str(n.value)) for n in numbers)
    if value or not rest:
        rest.insert(at, ast.Constant(value))
    total, *others = rest
    for other in others:
        total = ast.BinOp(total, ast.Add(), other)
    return total


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_parts(left), *_parts(right)]
        case _:
            return [node]


def _without_one(node: ast.expr) -> ast.expr:
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            right = _added_up(right)
            if isinstance(right, ast.Constant) and right.value in (0, 1):
                return left if right.value else right
            return ast.BinOp(left, ast.Mult(), right)
        case _:
            return node
