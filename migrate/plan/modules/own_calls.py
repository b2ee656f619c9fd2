"""Calls of a module's methods by one another: `self.encode(x)`, `self(x)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set


def own_call(node: ast.AST) -> str | None:
    """The name of the method that `self.name(...)` calls."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            return name
        case ast.Call(func=ast.Name(id="self")):
            return "__call__"
        case _:
            return None


def with_callers(methods: Mapping[str, ast.FunctionDef], names: Set[str]) -> set[str]:
    """The named methods and those that come to one of them, through one another."""
    found = {*names}
    while more := {name for name, method in methods.items() if _calls(method, found)} - found:
        found |= more
    return found


def _calls(method: ast.FunctionDef, names: set[str]) -> bool:
    return any(own_call(node) in names for node in ast.walk(method))
