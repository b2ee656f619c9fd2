"""Attributes that hold a layer or nothing, or one of several layers, as a condition in `setup` decides."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, Const, Instance, Mixed, Value
from migrate.analysis.modules.choices import reads_fields
from migrate.analysis.modules.classes import methods
from migrate.analysis.run import Run

NOTHING = Const(None)


def alternatives(value: Value) -> list[Instance] | None:
    """The layers of which the value is one; None where it may be anything but these and `None`."""
    if not isinstance(value, Mixed):
        return None
    parts = value.parts - {NOTHING}
    layers = [part for part in parts if isinstance(part, Instance)]
    if not layers or len(layers) < len(parts):
        return None
    return sorted(layers, key=lambda layer: (layer.site.lineno, layer.site.col_offset))


def built_if(cls: Class, name: str) -> ast.expr | None:
    """The condition in `self.name = Layer() if condition else None`, which `setup` does once and for all."""
    stores = [
        node
        for method in methods(cls).values()
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
    ]
    setup = methods(cls).get("setup")
    for statement in setup.body if setup is not None else ():
        match statement:
            case ast.Assign(
                targets=[target],
                value=ast.IfExp(test=test, body=ast.Call(), orelse=ast.Constant(value=None)),
            ) if stores == [target]:
                return test
    return None


def are_optional(run: Run, *values: Value) -> bool:
    """Whether values that are compared are such layers of the module that is being read, or None."""
    return run.owner is not None and all(v == NOTHING or alternatives(v) is not None for v in values)


def handed(run: Run, node: ast.expr, value: Value) -> tuple[Value, ast.IfExp | None]:
    """The layer in what a module is handed; `self.shared if self.wide else None` with that expression."""
    match node:
        case (
            ast.IfExp(body=body, orelse=ast.Constant(value=None))
            | ast.IfExp(body=ast.Constant(value=None), orelse=body)
        ) if reads_fields(run.facts.files.segment(node.test)):
            return handed(run, body, run.facts.values.get(body, value))[0], node
        case ast.Attribute() if (layers := alternatives(value)) is not None and len(layers) == 1:
            return layers[0], None
        case _:
            return value, None
