"""Fields for layer classes: whatever reaches one must be a class that the module was read with."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const, LayerField, Mixed, Partial, Symbol, Value
from migrate.analysis.modules.classes import argument, default_of, field_names, fields
from migrate.analysis.modules.layers import REFUSED
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.constructions import given


def check_class_fields(plan: Plan, cls: Class) -> None:
    """Raise `Blocked` where a field for a layer class may hold something else."""
    names = field_names(cls)
    defaults = {getattr(s.target, "id", ""): default_of(s) for s in fields(cls)}
    for (owner, name), found in plan.facts.class_fields.items():
        if owner is not cls.node:
            continue
        several = plan.facts.several.get((owner, name), frozenset())
        held = {found.cls.node if found.cls is not None else found.layer, *several}
        for node in (defaults.get(name), *(argument(build, names, name) for build in given(plan, cls))):
            if node is not None:
                _check(plan, name, node, held)
                _check_named(plan, name, node, several)


def _check(plan: Plan, name: str, node: ast.expr, held: set[ast.ClassDef | str]) -> None:
    value = plan.facts.values.get(node)
    parts = value.parts if isinstance(value, Mixed) else {value}
    if value == Const(None) or {_held_by(part) for part in parts} <= held:
        return
    short = value.name.rpartition(".")[2] if isinstance(value, Symbol) else ""
    message = f"it is not known which layer class the field `{name}` is given here"
    raise Blocked(node, "LNX110" if short in REFUSED else "LNX111", REFUSED.get(short, message))


def _check_named(plan: Plan, name: str, node: ast.expr, several: frozenset[ast.ClassDef | str]) -> None:
    """One of several layer classes says its name, which no partial call of it has."""
    value = plan.facts.values.get(node)
    parts = value.parts if isinstance(value, Mixed) else {value}
    if several and any(isinstance(part, Partial) for part in parts):
        raise Blocked(node, "LNX111", f"the field `{name}` is given several classes and a partial call")


def _held_by(value: Value | None) -> ast.ClassDef | str | None:
    """The class of a layer that a value is, or makes by a partial call."""
    match value:
        case Symbol(name):
            return name
        case Class(node):
            return node
        case LayerField(layer=layer, cls=None):
            return layer
        case LayerField(cls=Class(node)):
            return node
        case Partial(Symbol() | LayerField(cls=None) as layer):
            return _held_by(layer)
        case _:
            return None
