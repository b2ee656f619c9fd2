"""The options of `apply` at a call of the model."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import ApplyFn, Class, Const
from migrate.analysis.sites import Apply
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.construction import streams
from migrate.plan.modules.drawing import drawing


def rewrite_options(plan: Plan, site: Apply) -> None:
    """Random keys become streams, where the model draws at all; the others are told by the method or go."""
    for keyword in site.node.keywords:
        match keyword.arg:
            case "mutable" if changes_stats(plan, site):
                pass
            case "method" | "rngs" if plan.bridged:
                pass
            case "mutable" | "method":
                plan.edits.arguments[site.node][keyword.value] = ()
            case "rngs":
                _streams(plan, site, keyword.value)
            case _:
                pass


def changes_stats(plan: Plan, site: Apply) -> bool:
    """Whether a wrapped module is told that its batch statistics may change."""
    told = (plan.facts.values.get(k.value) for k in site.node.keywords if k.arg == "mutable")
    return plan.bridged and any(value != Const(False) for value in told)


def _streams(plan: Plan, site: Apply, keys: ast.expr) -> None:
    if not _draws(plan, site):
        if any(isinstance(node, ast.Call) for node in ast.walk(keys)):
            raise Blocked(keys, "LNX310", "a random key is drawn for a model that does not use it")
        plan.edits.arguments[site.node][keys] = ()
        return
    plan.edits.arguments[site.node][keys] = (("rngs", streams(keys)),)


def _draws(plan: Plan, site: Apply) -> bool:
    """Whether the method that is called takes random keys, in whichever model it is."""
    value = plan.facts.values.get(site.node.func)
    instances = value.instances if isinstance(value, ApplyFn) else frozenset()
    classes = [i.cls for i in instances if isinstance(i.cls, Class)]
    found = {(site.method or "__call__") in drawing(plan, cls) for cls in classes}
    if len(found) > 1:
        raise Blocked(site.node, "LNX310", "one of the models that are called here draws random numbers")
    return found == {True}
