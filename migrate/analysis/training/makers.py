"""Where gradient transformations were made: what tells those of two calls of one function apart."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from dataclasses import replace

from migrate.analysis.kinds import Dict, Mixed, Optimizer, Record, Sequence, Transformation, Value
from migrate.analysis.program.scopes import Scopes
from migrate.analysis.run import Run

Maker = Optimizer | Transformation
HOLDING = (Optimizer, Transformation, Sequence, Dict, Record, Mixed)
"""Kinds of which a part may be made by a call."""


def of_this_call(value: Value, function: ast.AST, call: ast.Call, scopes: Scopes) -> Value:
    """A transformation that a function made, or an optimizer that holds it, told apart by the call."""

    def outside(part: Maker) -> Value:
        return replace(part, makers=frozenset(_outside(m, function, call, scopes) for m in part.makers))

    return _changed(value, outside)


def _outside(maker: Hashable, function: ast.AST, call: ast.Call, scopes: Scopes) -> Hashable:
    inside = isinstance(maker, ast.AST) and function in scopes.enclosing(scopes.scope[maker])
    return call if inside else maker


def made_again(run: Run, maker: ast.Call) -> None:
    """What was made by a call before belongs to another transformation than what it makes now."""

    def older(part: Maker) -> Value:
        mark = "another turn" if isinstance(part, Optimizer) else "an earlier turn"
        return replace(part, makers=part.makers | {mark}) if maker in part.makers else part

    for frame in run.frames():
        for name, value in frame.vars.items():
            if isinstance(value, HOLDING):
                frame.vars[name] = _changed(value, older)


def _changed(value: Value, change: Callable[[Maker], Value]) -> Value:
    match value:
        case Transformation() | Optimizer():
            return change(value)
        case Sequence(items):
            return Sequence(tuple(_changed(item, change) for item in items))
        case Dict(items):
            return Dict(tuple((key, _changed(item, change)) for key, item in items))
        case Record(cls, fields):
            return Record(cls, tuple((key, _changed(item, change)) for key, item in fields))
        case Mixed(parts):
            return Mixed(frozenset(_changed(part, change) for part in parts))
        case _:
            return value
