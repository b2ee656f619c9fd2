"""Dicts of layers: each layer becomes an attribute of Linen's name, and the dict is made where it is read."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import own_methods
from migrate.analysis.modules.layer_dicts import dicts_of
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.own_attributes import attributes
from migrate.rewrite.edits import template


def is_in_dict(plan: Plan, node: ast.expr) -> bool:
    """Whether a layer stands in such a dict."""
    site = plan.site(node)
    if not isinstance(site, Layer):
        return False
    dicts = dicts_of(plan.facts, site.owner).values()
    return any(node is each.node for layers in dicts for each in layers.values())


def write_dicts(plan: Plan, cls: Class) -> None:
    """`self.heads_mean = ...` for each layer in place of the statement that makes the dict."""
    for attr, layers in dicts_of(plan.facts, cls).items():
        for name, site in layers.items():
            if name in attributes(cls):
                raise Blocked(site.node, "LNX111", f"`{name}` is a layer and something else of the class")
        statement = plan.statement(next(iter(layers.values())).node)
        assert isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Dict)
        lines = [template(f"self.{name} = {{}}", site.node) for name, site in layers.items()]
        plan.edits.statements[statement] = [*lines]
        keys = [key for key in statement.value.keys if isinstance(key, ast.Constant)]
        _read(plan, cls, attr, dict(zip((key.value for key in keys), layers, strict=True)))


def _read(plan: Plan, cls: Class, attr: str, names: dict[object, str]) -> None:
    """One layer where the key is written out, and the dict of all where it is not."""
    whole = ", ".join(f"{key!r}: self.{name}" for key, name in names.items()).replace("'", '"')
    for method in own_methods(cls).values():
        for node in ast.walk(method):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=found, ctx=ast.Load()) if found == attr:
                    match plan.parent(node):
                        case ast.Subscript(slice=ast.Constant(value=key)) as item if key in names:
                            plan.edits.expressions[item] = f"self.{names[key]}"
                        case ast.Subscript():
                            message = "which layer of a dict is called, and so has parameters, is computed"
                            raise Blocked(node, "LNX111", message)
                        case ast.Attribute(attr="items" | "keys" | "values"):
                            plan.edits.expressions[node] = f"{{{whole}}}"
                        case _:
                            raise Blocked(node, "LNX111", "a dict of layers is handed on as a value")
