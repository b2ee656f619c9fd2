"""LNX020: a copy of parameters becomes a copy of the model."""

from __future__ import annotations

from migrate.analysis.sites import CopyTree
from migrate.plan.context import Plan
from migrate.rule import Example, Rule

SITE = CopyTree

RULE = Rule(
    code="LNX020",
    name="copy-tree",
    title="A copy of parameters can become a copy of the model",
    fix="automatic",
    what=(
        "Finds `jax.tree.map(jnp.copy, params)`, the same with a lambda, and `copy.deepcopy(params)`, which "
        "keep parameters as they are now."
    ),
    why="A model changes in place, so that what is to stay needs a model of its own.",
    use_instead="`nnx.clone(model)`.",
    fix_safety="The copy holds the same numbers, and updates of the model that it was made from pass it by.",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/graph.html#flax.nnx.clone",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp


def kept(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    target_params = jax.tree.map(jnp.copy, params)
    return model.apply({"params": params}, x) - model.apply({"params": target_params}, x)
""",
            after="""\
from flax import nnx


def kept(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    target = nnx.clone(model)
    return model(x) - target(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def kept(model: nnx.Module) -> nnx.Module:
    return nnx.clone(model)
""",
    ),
)


def rewrite(plan: Plan, site: CopyTree) -> None:
    """Copy the model."""
    plan.edits.expressions[site.node] = f"nnx.clone({plan.model_of(site.params)})"
