"""Plain classes beside `nn.Module` that a module class extends: they only lend it methods.

class Net(Activations, nn.Module): ...
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Symbol, Value
from migrate.analysis.modules.classes import is_module, lineage

ROOTS = frozenset({"abc.ABC", "builtins.object"})
"""Bases that NNX modules have, or may have, as well."""


def is_mixin(value: Value) -> bool:
    """Whether a class has nothing but plain methods, which Python would not call by itself."""
    if not isinstance(value, Class):
        return isinstance(value, Symbol) and value.name in ROOTS
    node = value.node
    plain = not (node.keywords or node.decorator_list or is_module(value))
    return plain and all(map(is_mixin, value.bases)) and all(map(_is_lent, node.body))


def _is_lent(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef):
        own = statement.name.startswith("__") or statement.name == "setup"
        stores = (n for n in ast.walk(statement) if isinstance(n, ast.Attribute | ast.Subscript))
        return not own and all(isinstance(node.ctx, ast.Load) for node in stores)
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Pass)


def mixins(cls: Class) -> list[Class]:
    """The plain classes of the project that a module class extends, in the order of look-ups."""
    found: list[Class] = []
    for one in lineage(cls):
        waiting = [base for base in one.bases if isinstance(base, Class) and is_mixin(base)]
        while waiting:
            found.append(waiting.pop(0))
            waiting += [base for base in found[-1].bases if isinstance(base, Class)]
    return found


def lent_methods(cls: Class) -> dict[str, tuple[Class, ast.FunctionDef]]:
    """The methods of these classes by name, each with the class that has it."""
    every = [(one, s) for one in mixins(cls) for s in one.node.body if isinstance(s, ast.FunctionDef)]
    return {method.name: (one, method) for one, method in reversed(every)}
