"""LNX201: `jax.grad` and `jax.value_and_grad` of a loss over parameters become those of `nnx`."""

from __future__ import annotations

from migrate.analysis.sites import Differentiate
from migrate.plan.context import Plan
from migrate.plan.positions import function_of, moved
from migrate.rule import Rule

SITE = Differentiate

RULE = Rule(
    code="LNX201",
    name="gradient",
    title="a gradient of parameters can become a gradient of the model",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)
POSITIONAL = ("argnums", "has_aux", "holomorphic", "allow_int")


def rewrite(plan: Plan, site: Differentiate) -> None:
    """The transform takes the model where the parameters were; its options are keywords."""
    name = getattr(plan.facts.values[site.node.func], "name", "jax.grad").rpartition(".")[2]
    plan.edits.expressions[site.node.func] = f"nnx.{name}"
    for value, keyword in zip(site.node.args[1:], POSITIONAL, strict=False):
        plan.edits.arguments[site.node][value] = ((keyword, value),)
    _shift(plan, site)


def _shift(plan: Plan, site: Differentiate) -> None:
    """Point `argnums` at the model where parameters before it went or came."""
    function = function_of(plan.facts.values.get(site.function))
    named = [keyword.value for keyword in site.node.keywords if keyword.arg == "argnums"]
    if function is None:
        return
    for value in named or site.node.args[1:2]:
        plan.edits.arguments[site.node][value] = (("argnums", moved(plan, function, value)),)
