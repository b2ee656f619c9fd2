"""Decorators that check the types of arguments and results, and change nothing."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.frames import Frame
from migrate.analysis.kinds import Function, Symbol, Value
from migrate.analysis.run import Run

CHECKERS = frozenset({"jaxtyping.jaxtyped", "typeguard.typechecked", "beartype.beartype", "typing.final"})


def is_checker(facts: Facts, value: Value | None) -> bool:
    """Whether a decorator only checks types: one of a library, or a function that applies just one."""
    match value:
        case Symbol(name):
            return name in CHECKERS
        case Function(node) if (call := _applied(node)) is not None:
            return is_checker(facts, facts.values.get(call.func))
        case _:
            return False


def only_check(run: Run, method: ast.FunctionDef) -> bool:
    """Whether all decorators of a method do; they have been evaluated."""
    values = [run.facts.values.get(decorator) for decorator in method.decorator_list]
    for value in values:
        if isinstance(value, Function) and (call := _applied(value.node)) is not None:
            with run.entering(Frame(value.node, value.frame)):
                run.evaluate(call.func)
    return all(is_checker(run.facts, value) for value in values)


def _applied(node: ast.AST) -> ast.Call | None:
    """The call in `def checked(function): return typechecked(function)`."""
    match node:
        case ast.FunctionDef(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=name)], vararg=None, kwonlyargs=[], kwarg=None
            ),
            body=[*documentation, ast.Return(value=ast.Call(args=[ast.Name(id=given)]) as call)],
            decorator_list=[],
        ) if given == name and all(isinstance(statement, ast.Expr) for statement in documentation):
            return call
        case _:
            return None
