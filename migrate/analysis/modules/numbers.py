"""Expressions that are one number for sure: an operation on arrays keeps its shape beside them."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const, Length, Symbol
from migrate.analysis.run import Run

MAKING = frozenset({"len", "int", "float"})


def is_number(run: Run, node: ast.expr) -> bool:
    """Whether an expression is a number of Python, not an array."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            return is_number(run, body) and is_number(run, orelse)
        case ast.BinOp(left=left, right=right):
            return is_number(run, left) and is_number(run, right)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return is_number(run, operand)
        case ast.Call(func=function):
            callee = run.facts.values.get(function)
            name = callee.name if isinstance(callee, Symbol) else ""
            return name.startswith("math.") or name.removeprefix("builtins.") in MAKING
        case _:
            value = run.facts.values.get(node)
            return (isinstance(value, Length) and value.scalar) or _is_literal(value)


def _is_literal(value: object) -> bool:
    return isinstance(value, Const) and isinstance(value.value, int | float)
