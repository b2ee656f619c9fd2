"""Second views of a wrapped model: `apply` of another definition, and a state that is created with one."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Dict
from migrate.analysis.sites import Apply, CloneState, CreateState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.plain_trees import plain
from migrate.plan.training.variable_dicts import display_of
from migrate.plan.training.views import CALL, apply_function
from migrate.rewrite.edits import Template, template


def rewrite_view(plan: Plan, site: Apply) -> None:
    """The call stays, on parameters that are read from the model."""
    for keyword in site.node.keywords:
        if keyword.arg == "mutable":
            raise Blocked(site.node, "LNX310", "a second view of a model is called with `mutable`")
    given = site.variables
    if not isinstance(plan.facts.values[given], Dict):
        plan.edits.arguments[site.node][given] = ((None, plain(plan, given)),)
        return
    display = display_of(plan.facts, given) if isinstance(given, ast.Name) else given
    if not isinstance(display, ast.Dict) or len(display.values) != 1:
        raise Blocked(site.node, "LNX003", CALL)
    key, params = display.keys[0], display.values[0]
    assert key is not None
    variables = template("{{}: {}}", key, plain(plan, params))
    plan.edits.arguments[site.node][given] = ((None, variables),)


def exchanged(site: CreateState | CloneState, model: str) -> Template:
    """The line that gives a wrapped model the definition whose `apply` a state has."""
    function = apply_function(site)
    assert isinstance(function, ast.Attribute)
    return template(f"{model}.to_nnx__module = {{}}", function.value)
