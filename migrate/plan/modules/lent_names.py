"""Fields of a module whose layers other modules keep, and what these are called in its methods."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class, GivenLayer
from migrate.analysis.modules.classes import field_names, is_extended, lineage, own_methods
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def lent_fields(plan: Plan, cls: Class) -> list[str]:
    """The fields of a class whose layers other modules keep."""
    names = [name for name in field_names(cls) if (cls.node, name) in plan.facts.lent]
    extended = len(lineage(cls)) > 1 or is_extended(cls, plan.facts.classes)
    if names and extended:
        message = f"`{names[0]}` is a layer of another module, and `{cls.node.name}` is tied to another class"
        raise Blocked(cls.node, "LNX111", message)
    return names


def is_read(plan: Plan, node: ast.AST, field: str) -> bool:
    """Whether a node is `self.field`, the layer that another module keeps."""
    value = plan.facts.values.get(node)
    return isinstance(node, ast.Attribute) and isinstance(value, GivenLayer) and value.field == field


def lent_name(plan: Plan, cls: Class, field: str) -> str:
    """The argument by which methods get the layer: named as the field, or like it where that is taken."""
    inside = [n for m in own_methods(cls).values() if m.name != "setup" for n in ast.walk(m)]
    taken = {n.id for n in inside if isinstance(n, ast.Name)}
    taken |= {n.arg for n in inside if isinstance(n, ast.arg)}
    name = f"{field}_layer" if field in taken else field
    if name in taken:
        raise Blocked(cls.node, "LNX111", f"a method would need an argument `{name}`, which is taken")
    return name
