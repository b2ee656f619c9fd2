"""Partial calls of module classes outside of modules, which stay such: `partial(ResNet, act=nn.relu)`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names
from migrate.analysis.modules.prepared import class_of, classes_in
from migrate.analysis.sites import Construct
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.constructions import prepared


def check_prepared(plan: Plan, classes: set[Class]) -> None:
    """Raise `Blocked` where such a partial call is more than kept under a name and called."""
    for cls in classes:
        for call in prepared(plan, cls):
            _check_given(plan, cls, call)
            if not _is_kept(plan, call):
                raise Blocked(call, "LNX010", "a partial call of a module class is used here as a value")
    for node, value in plan.facts.values.items():
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        if classes_in(value) & classes and not _is_kept(plan, node):
            raise Blocked(node, "LNX010", "a partial call of a module class is used here as a value")


def _check_given(plan: Plan, cls: Class, call: ast.Call) -> None:
    """What is given must be fields of the class, each under its own name or in its place."""
    spread = any(isinstance(arg, ast.Starred) for arg in call.args)
    if spread or any(keyword.arg not in field_names(cls) for keyword in call.keywords):
        message = "a partial call of a module class is given more than fields that can be told apart"
        raise Blocked(call, "LNX111", message)
    if len(call.args) > 1 and class_of(plan.facts.values.get(call.args[0])) is not None:
        raise Blocked(call, "LNX111", "a partial call of another one is given arguments by position")


def is_prepared(plan: Plan, node: ast.expr) -> bool:
    """Whether a class, or a partial call of one, is what a partial call is made of."""
    match plan.parent(node):
        case ast.Call(args=[first, *_]) as call:
            return first is node and call in plan.facts.prepared
        case _:
            return False


def _is_kept(plan: Plan, node: ast.expr) -> bool:
    """Whether a partial call is called, made more of, or kept under a name that is not an attribute."""
    match plan.parent(node):
        case ast.Call(func=function) as call if function is node:
            return isinstance(plan.site(call), Construct)
        case ast.Assign(targets=[ast.Name()]) as statement:
            return not isinstance(plan.parent(statement), ast.ClassDef)
        case _:
            return is_prepared(plan, node)
