"""Which functions of a file come to some of its lines, by their names."""

from __future__ import annotations

import ast
from collections.abc import Collection


def functions_with(tree: ast.Module, lines: Collection[int]) -> set[str]:
    """The names of functions that hold some of the lines, and of those that call one of these."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    found = {f.name for f in functions if any(f.lineno <= n <= (f.end_lineno or 0) for n in lines)}
    calls = {f.name: _called(f) for f in functions}
    while more := {name for name, called in calls.items() if name not in found and called & found}:
        found |= more
    return found


def _called(function: ast.FunctionDef) -> set[str]:
    names = set()
    for node in ast.walk(function):
        match node:
            case (
                ast.Call(func=ast.Name(id=name))
                | ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name))
            ):
                names.add(name)
            case _:
                pass
    return names
