"""Decorators of the project that write the docstring of a class and give the class back."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Function
from migrate.plan.context import Plan


def only_documents(plan: Plan, decorator: ast.expr) -> bool:
    """Whether a decorator is `@documented("text")`, which sets `__doc__` and nothing else."""
    made = plan.facts.values.get(decorator.func) if isinstance(decorator, ast.Call) else None
    maker = made.node if isinstance(made, Function) else None
    if not isinstance(maker, ast.FunctionDef) or maker.decorator_list:
        return False
    match [statement for statement in maker.body if not _is_text(statement)]:
        case [ast.FunctionDef(name=name) as inner, ast.Return(value=ast.Name(id=returned))]:
            return name == returned and _sets_text(inner)
        case _:
            return False


def _sets_text(function: ast.FunctionDef) -> bool:
    """`def documented(cls): cls.__doc__ = ...; return cls`."""
    match function.args.args, [statement for statement in function.body if not _is_text(statement)]:
        case [ast.arg(arg=own)], [
            ast.Assign(targets=[ast.Attribute(value=ast.Name(id=changed), attr="__doc__")]),
            ast.Return(value=ast.Name(id=returned)),
        ]:
            return own == changed == returned and not function.decorator_list
        case _:
            return False


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
