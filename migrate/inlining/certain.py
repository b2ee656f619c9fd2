"""Which layers a body reads on every way through it, and what decides whether it reads the others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

NEVER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def surely_read(nodes: Iterable[ast.AST], texts: Mapping[ast.AST, str]) -> set[str]:
    """The texts of those references that are read whatever happens."""
    found: set[str] = set()
    for node in nodes:
        found |= _of(node, texts)
    return found


def _of(node: ast.AST, texts: Mapping[ast.AST, str]) -> set[str]:
    if node in texts:
        return {texts[node]}
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            return _of(test, texts) | (surely_read(body, texts) & surely_read(orelse, texts))
        case ast.IfExp(test=test, body=yes, orelse=no):
            return _of(test, texts) | (_of(yes, texts) & _of(no, texts))
        case ast.BoolOp(values=[first, *_]) | ast.Compare(left=first):
            return _of(first, texts)
        case ast.For(iter=first) | ast.While(test=first):
            return _of(first, texts)
        case ast.Try():
            return set()
        case _ if isinstance(node, NEVER):
            return set()
        case _:
            return surely_read(ast.iter_child_nodes(node), texts)


def conditions(statements: Sequence[ast.stmt], node: ast.AST) -> list[ast.expr]:
    """The tests around a node."""
    found: list[ast.expr] = []
    for statement in statements:
        for around in ast.walk(statement):
            if around is not node and any(inner is node for inner in ast.walk(around)):
                match around:
                    case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                        found.append(test)
                    case ast.BoolOp():
                        found.append(around)
                    case _:
                        pass
    return found
