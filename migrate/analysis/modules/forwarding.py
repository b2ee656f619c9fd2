"""Modules that hand on whatever they are given: `return self.inner(*args, **kwargs)`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class
from migrate.analysis.modules.classes import is_module, methods
from migrate.analysis.program.syntax import body_of


def signature(cls: Class) -> ast.FunctionDef | None:
    """The method whose parameters a call of the module has: that of the layer that gets all of them."""
    inner = forwarded(cls)
    return signature(inner) if inner is not None else methods(cls).get("__call__")


def forwarded(cls: Class) -> Class | None:
    """The class of the layer to which a module hands on all of its arguments, and does nothing else."""
    call, setup = methods(cls).get("__call__"), methods(cls).get("setup")
    name = _target(call) if call is not None else None
    if name is None or setup is None:
        return None
    made = [s.value for s in setup.body if isinstance(s, ast.Assign) and _sets(s, name)]
    match made:
        case [ast.Call(func=ast.Name(id=word))]:
            found = (frame.vars[word] for frame in cls.frame.chain() if word in frame.vars)
            inner = next(found, UNKNOWN)
            return inner if isinstance(inner, Class) and is_module(inner) and inner != cls else None
        case _:
            return None


def drops_keywords(cls: Class | None) -> bool:
    """Whether `__call__` takes any keywords, `**kwargs`, and does nothing with them."""
    call = methods(cls).get("__call__") if cls is not None else None
    kwargs = call.args.kwarg if call is not None else None
    if call is None or kwargs is None:
        return False
    return not any(isinstance(node, ast.Name) and node.id == kwargs.arg for node in ast.walk(call))


def _target(call: ast.FunctionDef) -> str | None:
    match call.args, body_of(call):
        case (
            ast.arguments(
                posonlyargs=[], args=[_], vararg=ast.arg(arg=args), kwonlyargs=[], kwarg=ast.arg(arg=kwargs)
            ),
            [ast.Return(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)) as inner)],
        ) if spreads(inner, args, kwargs):
            return name
        case _:
            return None


def spreads(call: ast.Call, args: str, kwargs: str) -> bool:
    """Whether a call is given `*args, **kwargs` and nothing else."""
    match call.args, call.keywords:
        case [ast.Starred(value=ast.Name(id=one))], [ast.keyword(arg=None, value=ast.Name(id=other))]:
            return (one, other) == (args, kwargs)
        case _:
            return False


def _sets(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Attribute) and target.attr == name for target in statement.targets)
