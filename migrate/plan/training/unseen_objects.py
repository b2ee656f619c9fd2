"""Objects with models in their attributes that code may hold which cannot be seen."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class
from migrate.analysis.objects.libraries import extends_library
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.member_names import PREFIX, family, is_member


def check_unseen_objects(plan: Plan) -> None:
    """Raise `Blocked` where something unknown may be such an object, or a base class may look up a name."""
    for variable, role in plan.roles.role.items():
        classes = family(plan.facts, variable.scope) if is_member(variable) else []
        attribute = variable.name.removeprefix(PREFIX)
        if role != "holder" and any(extends_library(plan.facts.classes[cls]) for cls in classes):
            _check_strings(plan, classes, attribute)
        if any(extends_library(plan.facts.classes[cls]) or _is_handed_on(plan, cls) for cls in classes):
            _check_reads(plan, attribute)


def _check_strings(plan: Plan, classes: list[ast.ClassDef], attribute: str) -> None:
    for node in (node for cls in classes for node in ast.walk(cls)):
        if isinstance(node, ast.Constant) and node.value == attribute:
            message = f"`{attribute}` is named by a string here, and a base class of a library may look it up"
            raise Blocked(node, "LNX022", message)


def _check_reads(plan: Plan, attribute: str) -> None:
    for node in plan.facts.values:
        named = isinstance(node, ast.Attribute) and node.attr == attribute
        if isinstance(node, ast.Attribute) and named and plan.facts.values.get(node.value) in (None, UNKNOWN):
            what = ast.unparse(node.value)[:40]
            message = f"`{what}` may be an object whose `{attribute}` becomes a model here"
            raise Blocked(node, "LNX015", message)


def _is_handed_on(plan: Plan, cls: ast.ClassDef) -> bool:
    """Whether a class is a value of the program, so that its objects may be made out of sight."""
    for node, value in plan.facts.values.items():
        if isinstance(value, Class) and value.node is cls and isinstance(node, (ast.Name, ast.Attribute)):
            match plan.parent(node):
                case ast.Call(func=function) if function is node:
                    continue
                case ast.ClassDef() | ast.Attribute() | ast.AnnAssign() | ast.arg() | ast.FunctionDef():
                    continue
                case ast.Call(func=ast.Name(id="isinstance")) | ast.alias():
                    continue
                case _:
                    return isinstance(node.ctx, ast.Load)
    return False
