"""Fields of a module whose layers other modules keep, and what these are called in its methods."""

from __future__ import annotations

import ast
import re

from migrate.analysis.kinds import Class, GivenLayer
from migrate.analysis.modules.classes import field_names, fields, is_extended, lineage, own_methods
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Line, changed
from migrate.plan.modules.owned import owned


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


def asked_fields(plan: Plan, cls: Class) -> list[str]:
    """Those fields on which it depends whether the class has layers of its own: `__init__` takes them too."""
    tests = [test or "" for s in owned(plan, cls) for test in plan.facts.built_under.get(s.node, ())]
    names = [name for name in lent_fields(plan, cls) if any(_asks(name).search(test) for test in tests)]
    for name in names:
        if lent_name(plan, cls, name) != name or not _is_optional(cls, name):
            message = f"whether `{name}`, a layer of another module, is there decides which layers there are"
            raise Blocked(cls.node, "LNX111", message)
    return names


def _is_optional(cls: Class, name: str) -> bool:
    """Whether the field is None where nothing is given."""
    statement = next(s for s in fields(cls) if getattr(s.target, "id", "") == name)
    return isinstance(statement.value, ast.Constant) and statement.value.value is None


def told(plan: Plan, cls: Class, line: Line) -> Line:
    """A line of `__init__` that asks for such a layer asks the argument."""
    piece, origin = line
    names = asked_fields(plan, cls)
    return changed(piece, lambda text: _asked(names, text)), origin


def _asked(names: list[str], text: str) -> str:
    for name in names:
        text = _asks(name).sub(rf"{name}\1", text)
    return text


def _asks(name: str) -> re.Pattern[str]:
    return re.compile(rf"\bself\.{name}( is (?:not )?None)\b")
