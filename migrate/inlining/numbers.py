"""Numbers as expressions: whether two of them always differ by the same."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Container

from migrate.inlining.free_names import free_names

Terms = Counter[tuple[str, ...]]


def split(number: str, bound: Container[str]) -> tuple[str, str]:
    """The part of a sum that no name of the body is in, and the part with such names."""
    if not _reads(ast.parse(number, mode="eval"), bound):
        return number, ""
    parts: list[tuple[bool, str]] = []
    waiting = [ast.parse(number, mode="eval").body]
    while waiting:
        match waiting.pop():
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                waiting += [right, left]
            case part:
                parts.append((_reads(part, bound), _summand(part)))
    free, inner = ([text for own, text in parts if own is kind] for kind in (False, True))
    return " + ".join(free) or "0", " + ".join(inner)


def _reads(node: ast.AST, names: Container[str]) -> bool:
    return any(name in names for name in free_names(node))


def _summand(node: ast.expr) -> str:
    plain = isinstance(node, ast.Name | ast.Attribute | ast.Constant | ast.Call | ast.Subscript)
    product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
    return ast.unparse(node) if plain or product else f"({ast.unparse(node)})"


def difference(one: str, other: str) -> int | None:
    """What the first has more than the second; None where that depends."""
    left, right = (_terms(ast.parse(text, mode="eval").body) for text in (one, other))
    rest = Counter(left)
    rest.subtract(right)
    if any(count for term, count in rest.items() if term):
        return None
    return rest[()]


def _terms(node: ast.expr) -> Terms:
    """Products of what cannot be taken apart, with how often each is added."""
    match node:
        case ast.Constant(value=int(value)):
            return Counter({(): value})
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            total = _terms(left)
            for term, count in _terms(right).items():
                total[term] += count
            return total
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            total = _terms(left)
            total.subtract(_terms(right))
            return total
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(_terms(left), _terms(right))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            total = _terms(body)
            total.subtract(_terms(orelse))
            total = _product(total, Counter({(ast.unparse(test),): 1}))
            for term, count in _terms(orelse).items():
                total[term] += count
            return total
        case _:
            return Counter({(ast.unparse(node),): 1})


def _product(left: Terms, right: Terms) -> Terms:
    product: Terms = Counter()
    for a, m in left.items():
        for b, n in right.items():
            product[tuple(sorted((*a, *b)))] += m * n
    return product
