"""Small questions to a piece of syntax: the names in it, a function's body behind its docstring."""

from __future__ import annotations

import ast


def names_in(node: ast.AST) -> frozenset[str]:
    """The names that stand in a tree, read or bound."""
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def body_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    return function.body[ast.get_docstring(function, clean=False) is not None :]
