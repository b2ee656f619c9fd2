"""All that is given to the fields of a module class: by constructions, and by partial calls before them."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import Construct, Layer
from migrate.plan.context import Plan


def built(plan: Plan, cls: Class) -> list[ast.Call]:
    """The constructions of a class in its component."""
    builds = [s.node for s in plan.component.sites if isinstance(s, Construct) and s.instance.cls == cls]
    return builds + [s.node for s in plan.component.sites if isinstance(s, Layer) and s.cls == cls]


def prepared(plan: Plan, cls: Class) -> list[ast.Call]:
    """The partial calls of a class outside of modules."""
    return [call for call, known in plan.facts.prepared.items() if known == cls]


def given(plan: Plan, cls: Class) -> list[ast.Call]:
    """What every construction and partial call gives, written as one call of the class each."""
    calls = [_whole(plan, call, call.args) for call in built(plan, cls)]
    return calls + [_whole(plan, call, call.args[1:]) for call in prepared(plan, cls)]


def _whole(plan: Plan, call: ast.Call, args: list[ast.expr]) -> ast.Call:
    """A call with what the partial calls before it give."""
    sources = plan.facts.partials.get(call, ())[::-1]
    before = [arg for source in sources for arg in source.args[1:]]
    named = {keyword.arg: keyword for source in (*sources, call) for keyword in source.keywords}
    return ast.Call(call.func, [*before, *args], [*named.values()])
