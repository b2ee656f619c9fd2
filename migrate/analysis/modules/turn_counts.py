"""How many layers the turns before this one have built, where a condition decides it in each turn.

`if i < len(self.widths) - 1` holds in all earlier turns if it holds in this one, and `if i > 0` in all but
the first: there the number is the number of the turn, or one less.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Loop
from migrate.analysis.shapes.sizes import Size, without_parentheses


def summed(loop: Loop, count: Size) -> Size | None:
    """The number of layers that earlier turns have built; None where it cannot be written."""
    text = _truth(without_parentheses(count.text))
    if not loop.index.isidentifier():
        return None
    if ", " in loop.target:
        source = loop.items
        if text == loop.target.rpartition(", ")[2]:
            return Size(f"sum({source}[:{loop.index}])")
        return Size(f"sum({text} for {loop.target} in enumerate({source}[:{loop.index}]))")
    if loop.target == loop.index and loop.iterated == f"range({loop.count})":
        return Size(f"sum({text} for {loop.target} in range({loop.index}))")
    return None


def _truth(text: str) -> str:
    """`1 if test else 0` is counted like the test itself."""
    match _parsed(text):
        case ast.IfExp(test=test, body=ast.Constant(value=1), orelse=ast.Constant(value=0)):
            return ast.unparse(test)
        case _:
            return text


def earlier_turns(text: str, test: str) -> str:
    """The number in a branch where `test` holds in this turn."""
    tree = _Sums(ast.dump(_parsed(test))).visit(_parsed(text))
    return text if ast.dump(tree) == ast.dump(_parsed(text)) else ast.unparse(tree)


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class _Sums(ast.NodeTransformer):
    def __init__(self, test: str) -> None:
        self.test = test

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """`sum(test for i, x in enumerate(xs[:i]))`."""
        match node:
            case ast.Call(
                func=ast.Name(id="sum"),
                args=[ast.GeneratorExp(elt=test, generators=[ast.comprehension(target=target)])],
            ) if ast.dump(test) == self.test:
                return _turns(test, target) or node
            case _:
                return node


def _turns(test: ast.expr, target: ast.expr) -> ast.expr | None:
    bound = [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]
    match test:
        case ast.Compare(left=ast.Name(id=name) as index, ops=[operator], comparators=[limit]) if (
            name == bound[0] and not any(isinstance(n, ast.Name) and n.id in bound for n in ast.walk(limit))
        ):
            pass
        case _:
            return None
    if isinstance(operator, ast.Gt | ast.NotEq) and isinstance(limit, ast.Constant) and limit.value == 0:
        return ast.BinOp(index, ast.Sub(), ast.Constant(1))
    last = isinstance(limit, ast.BinOp) and isinstance(limit.op, ast.Sub)
    below = isinstance(operator, ast.Lt | ast.LtE) or (isinstance(operator, ast.NotEq) and last)
    return index if below else None
