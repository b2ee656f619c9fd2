"""What a method reads of its own module."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import fields


def reads_fields_only(cls: Class, method: ast.FunctionDef) -> bool:
    """Whether a method needs no layer, no variable and no other method of its module."""
    if any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list):
        return True
    own = next((arg.arg for arg in (*method.args.posonlyargs, *method.args.args)), None)
    names = {getattr(field.target, "id", "") for field in fields(cls)}
    held = {n.value for n in ast.walk(method) if isinstance(n, ast.Attribute) and n.attr in names}
    read = {n for n in ast.walk(method) if isinstance(n, ast.Name) and n.id in {own, "super"}}
    return own is not None and read <= held
