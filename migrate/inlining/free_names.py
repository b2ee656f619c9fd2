"""The names that code reads or binds, without those that comprehensions and lambdas keep to themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterable

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def free_names(part: ast.AST | str) -> set[str]:
    """The names that an expression reads from around it."""
    node = ast.parse(part, mode="eval").body if isinstance(part, str) else part
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Lambda(args=args, body=body):
            own = {a.arg for a in ast.walk(args) if isinstance(a, ast.arg)}
            return (free_names(body) - own) | free_names(args)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            first = node.generators[0].iter
            own = {name for each in node.generators for name in free_names(each.target)}
            rest = {name for each in ast.iter_child_nodes(node) for name in free_names(each)} - own
            return rest | free_names(first)
        case _:
            return {name for child in ast.iter_child_nodes(node) for name in free_names(child)}


def bound_names(statements: Iterable[ast.AST]) -> set[str]:
    """The names that statements bind, without those of comprehensions and lambdas in them."""
    found: set[str] = set()
    waiting = [*statements]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        if not isinstance(node, (*COMPREHENSIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return found
