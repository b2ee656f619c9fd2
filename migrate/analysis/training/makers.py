"""Where gradient transformations were made: what tells those of two calls of one function apart."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import replace

from migrate.analysis.kinds import Optimizer, Record, Sequence, Transformation, Value
from migrate.analysis.program.scopes import Scopes


def of_this_call(value: Value, function: ast.AST, call: ast.Call, scopes: Scopes) -> Value:
    """A transformation that a function made, or an optimizer that holds it, told apart by the call."""
    match value:
        case Transformation(makers=makers) | Optimizer(makers=makers):
            return replace(value, makers=frozenset(_outside(m, function, call, scopes) for m in makers))
        case Sequence(items):
            return Sequence(tuple(of_this_call(item, function, call, scopes) for item in items))
        case Record(cls, fields):
            return Record(cls, tuple((k, of_this_call(v, function, call, scopes)) for k, v in fields))
        case _:
            return value


def _outside(maker: Hashable, function: ast.AST, call: ast.Call, scopes: Scopes) -> Hashable:
    inside = isinstance(maker, ast.AST) and function in scopes.enclosing(scopes.scope[maker])
    return call if inside else maker
