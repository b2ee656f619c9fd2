"""Second views of a wrapped model: `apply` of another definition, and a state that is created with one."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Dict, Params
from migrate.analysis.sites import Apply, CloneState, CreateState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.plain_trees import plain
from migrate.plan.training.variable_dicts import display_of
from migrate.plan.training.views import CALL, apply_function
from migrate.rewrite.edits import Piece, Template, template


def rewrite_view(plan: Plan, site: Apply) -> None:
    """The call stays, on parameters that are read from the model."""
    for keyword in site.node.keywords:
        if keyword.arg == "mutable" and not site.kept:
            raise Blocked(site.node, "LNX310", "a second view of a model is called with `mutable`")
    given = site.variables
    if not isinstance(plan.facts.values[given], Dict):
        plan.edits.arguments[site.node][given] = ((None, plain(plan, given)),)
        return
    display = display_of(plan.facts, given) if isinstance(given, ast.Name) else given
    if not isinstance(display, ast.Dict) or (len(display.values) != 1 and display is not given):
        raise Blocked(site.node, "LNX003", CALL)
    plan.edits.arguments[site.node][given] = ((None, _variables(plan, display)),)


def _variables(plan: Plan, display: ast.Dict) -> Template:
    """The dict of variables with the parameters that the model has; other collections stay as they are."""
    pieces: list[Piece] = []
    for key, value in zip(display.keys, display.values, strict=True):
        assert key is not None
        held = isinstance(plan.facts.values.get(value), Params)
        pieces += [key, plain(plan, value) if held else value]
    return template("{" + ", ".join(["{}: {}"] * len(display.values)) + "}", *pieces)


def exchanged(site: CreateState | CloneState, model: str) -> Template:
    """The line that gives a wrapped model the definition whose `apply` a state has."""
    function = apply_function(site)
    assert isinstance(function, ast.Attribute)
    return template(f"{model}.to_nnx__module = {{}}", function.value)
