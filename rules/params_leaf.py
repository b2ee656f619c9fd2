"""LNX007: one parameter read by its path becomes an attribute of the model."""

from __future__ import annotations

from migrate.analysis.sites import ParamsLeaf
from migrate.plan.context import Plan
from migrate.rule import Rule

SITE = ParamsLeaf

RULE = Rule(
    code="LNX007",
    name="parameter-by-path",
    title="a parameter read by its path can become an attribute of the model",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)


def rewrite(plan: Plan, site: ParamsLeaf) -> None:
    """`params['Dense_0']['kernel']` is `model.Dense_0.kernel[...]`: an array, as before."""
    keys = site.path[1:] if site.path[0] == "params" else site.path
    plan.edits.expressions[site.node] = ".".join((plan.model_of(site.params), *keys)) + "[...]"
