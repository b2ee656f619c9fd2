"""LNX102: a Linen layer that is a whole model becomes the NNX layer."""

from __future__ import annotations

from migrate.analysis.kinds import Symbol
from migrate.analysis.layers import LAYERS
from migrate.analysis.sites import Construct
from migrate.plan.context import Plan
from migrate.plan.layer import layer_arguments
from migrate.rewrite.edits import template
from migrate.rule import Rule

SITE = Construct

RULE = Rule(
    code="LNX102",
    name="layer-as-model",
    title="a Linen layer used as a model can become an NNX layer",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)


def rewrite(plan: Plan, site: Construct) -> None:
    """`nn.Dense(n)` outside of any module; what `init` knows is added by the rule for `init`."""
    if not isinstance(site.instance.cls, Symbol):
        return
    kind = LAYERS[site.instance.cls.name]
    size, *others = layer_arguments(plan, site.node, kind)
    added = plan.edits.added.pop(site.node, [])
    inputs = [piece for name, piece in added if name is None]
    named = [template(f"{name}={{}}", piece) for name, piece in added if name is not None]
    pieces = [*inputs, size, *others, *named]
    plan.edits.expressions[site.node] = template(
        f"nnx.{kind.target}(" + ", ".join(["{}"] * len(pieces)) + ")", *pieces
    )
