"""Layers of one of several classes, which one call builds: it is written alike for all of them."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import Layer
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.drafts import Draft
from migrate.plan.modules.layer import construction, in_setup


def originals(plan: Plan, cls: Class) -> dict[ast.AST, ast.Call]:
    """The calls in a class that the twins stand for."""
    inside = set(ast.walk(cls.node))
    return {twin: node for node, twins in plan.facts.twins.items() if node in inside for twin in twins}


def check_twins(plan: Plan, draft: Draft, twins: list[Layer]) -> None:
    """Each class must take what the others take."""
    known = originals(plan, draft.cls)
    for site in twins:
        node = known[site.node]
        first = plan.facts.sites.get(node)
        if not isinstance(first, Layer) or first.cls is None or site.cls is None:
            raise Blocked(node, "LNX111", "the class of a layer is decided by more than `setup`")
        if construction(plan, draft, site) != plan.edits.expressions.get(node):
            message = f"`{first.cls.node.name}` and `{site.cls.node.name}` need different arguments here"
            raise Blocked(node, "LNX111", f"{message}: build each where it is chosen")


def choice_is_built(plan: Plan, choice: ast.IfExp) -> bool:
    """`block = A if self.deep else B` in `setup`, where `block` is only called; or the choice itself is."""
    match plan.parent(choice):
        case ast.Call(func=function) as call if function is choice:
            return call in plan.facts.twins
        case ast.Assign(targets=[ast.Name(id=name) as target]) if in_setup(plan, choice):
            variable = plan.facts.scopes.variable(target, name)
            uses = [use for use in plan.facts.scopes.names(variable) if use is not target]
        case _:
            return False
    return all(plan.parent(use) in plan.facts.twins and _calls(plan.parent(use), use) for use in uses)


def _calls(call: ast.AST, name: ast.Name) -> bool:
    return isinstance(call, ast.Call) and call.func is name
