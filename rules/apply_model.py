"""LNX003: `model.apply(variables, ...)` and `state.apply_fn(variables, ...)` become `model(...)`."""

from __future__ import annotations

from migrate.analysis.sites import Apply
from migrate.plan.context import Plan
from migrate.rule import Rule

SITE = Apply

RULE = Rule(
    code="LNX003",
    name="apply-model",
    title="`apply` with its variables can become a call of the model",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)


def rewrite(plan: Plan, site: Apply) -> None:
    """The model is called; the variables live inside of it."""
    plan.edits.expressions[site.node.func] = plan.model_of(site.variables)
    plan.edits.arguments[site.node][site.variables] = ()
