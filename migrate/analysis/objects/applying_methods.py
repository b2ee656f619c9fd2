"""Methods of records that only apply: `return self.net.apply(*args, **kwargs)`, and nothing else.

A call of one is read as the `apply` itself, so that nothing is left of the method.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import ApplyFn, Instance, Record
from migrate.analysis.modules.forwarding import spreads
from migrate.analysis.program.syntax import body_of


def applied(record: Record, method: ast.FunctionDef) -> ApplyFn | None:
    """What a method applies that hands on all of its arguments and does nothing else."""
    match method, body_of(method):
        case (
            ast.FunctionDef(
                args=ast.arguments(
                    posonlyargs=[],
                    args=[ast.arg(arg=own)],
                    vararg=ast.arg(arg=args),
                    kwonlyargs=[],
                    kwarg=ast.arg(arg=kwargs),
                ),
                decorator_list=[],
            ),
            [ast.Return(value=ast.Call() as call)],
        ) if spreads(call, args, kwargs):
            return _function(record, call.func, own)
        case _:
            return None


def _function(record: Record, node: ast.expr, own: str) -> ApplyFn | None:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=field) if name == own:
            value = dict(record.fields).get(field)
            return value if isinstance(value, ApplyFn) else None
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr=field), attr="apply") if (
            name == own
        ):
            value = dict(record.fields).get(field)
            return ApplyFn(frozenset({value})) if isinstance(value, Instance) else None
        case _:
            return None
