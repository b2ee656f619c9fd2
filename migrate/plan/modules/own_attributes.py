"""The names that a class uses for its attributes, methods and fields."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names, methods, own_constants


def attributes(cls: Class) -> set[str]:
    """Every name that means something on an instance of the class."""
    nodes = (node for method in methods(cls).values() for node in ast.walk(method))
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return used | {*methods(cls), *field_names(cls), *own_constants(cls)}
