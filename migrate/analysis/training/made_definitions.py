"""Definitions that functions of the project make, told apart by the calls that gave them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from migrate.analysis.kinds import (
    ApplyFn,
    Dict,
    Instance,
    Method,
    Mixed,
    Partial,
    Record,
    Sequence,
    Value,
)
from migrate.analysis.program.scopes import Scopes


def made_by(instance: Instance, function: ast.AST, call: ast.Call, scopes: Scopes) -> Instance:
    """The definition as it is known outside of `function`, if it was made in it."""
    place = instance.made[0] if instance.made else instance.site
    inside = function in scopes.enclosing(scopes.scope[place])
    return replace(instance, made=(call, *instance.made)) if inside else instance


def all_made_by(value: Value, function: ast.AST, call: ast.Call, scopes: Scopes) -> Value:
    """A value with all definitions in it as they are known outside of `function`."""

    def outside(part: Any) -> Any:
        match part:
            case Instance():
                return made_by(part, function, call, scopes)
            case ApplyFn(instances):
                return ApplyFn(frozenset(made_by(i, function, call, scopes) for i in instances))
            case Sequence(items):
                return Sequence(tuple(map(outside, items)))
            case Dict(items):
                return Dict(tuple((key, outside(item)) for key, item in items))
            case Record(cls, fields):
                return Record(cls, tuple((key, outside(item)) for key, item in fields))
            case Mixed(parts):
                return Mixed(frozenset(map(outside, parts)))
            case Method(receiver, name):
                return Method(outside(receiver), name)
            case Partial(called, args, keywords):
                named = tuple((key, outside(item)) for key, item in keywords)
                return Partial(outside(called), tuple(map(outside, args)), named, part.site)
            case _:
                return part

    known: Value = outside(value)
    return known
