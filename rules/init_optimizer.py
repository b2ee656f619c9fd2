"""LNX030: `tx.init(params)` becomes `nnx.Optimizer`."""

from __future__ import annotations

from migrate.analysis.kinds import Group
from migrate.analysis.sites import InitOptimizer
from migrate.plan.context import Plan
from migrate.plan.training.groups import check_order
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule

SITE = InitOptimizer

RULE = Rule(
    code="LNX030",
    name="optimizer-init",
    title="`tx.init(params)` can become `nnx.Optimizer`",
    fix="automatic",
    what=(
        "Finds `tx.init(params)` of an optax transformation for parameters that can be followed from a "
        "model's `init` to here."
    ),
    why=(
        "A loop without a train state carries the parameters and the optimizer state side by side. An NNX "
        "model holds the former; the latter, together with the transformation, is `nnx.Optimizer`."
    ),
    use_instead=(
        "`optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)` in place of the optimizer state. It goes "
        "through functions, tuples and loops of jax at the same places."
    ),
    fix_safety=(
        "The numbers stay bit by bit the same from the same parameters. A transformation that is called "
        "`optimizer` is renamed `tx` where nothing else has that name. Left alone: parameters of unknown "
        "origin, and an optimizer state that is read or changed by hand (LNX299)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import optax


def create(key, x, rate):
    model = nn.Dense(3)
    params = model.init(key, x)["params"]
    optimizer = optax.adam(rate)
    opt_state = optimizer.init(params)
    return params, opt_state
""",
            after="""\
from flax import nnx
import optax


def create(key, x, rate):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(key))
    tx = optax.adam(rate)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    return model, optimizer
""",
        ),
    ),
    valid=(
        """\
import jax.numpy as jnp
import optax


def create(size):
    params = {"weights": jnp.zeros(size)}
    return params, optax.sgd(0.1).init(params)
""",
    ),
)


def rewrite(plan: Plan, site: InitOptimizer) -> None:
    """The same transformation, for the model."""
    if site.group is not None:
        check_order(plan, site.node, site.group.shape, plan.facts.values.get(site.tx))
    display = site.group is not None and not isinstance(plan.facts.values[site.params], Group)
    model: Piece = site.params if display else plan.model_of(site.params)
    plan.edits.expressions[site.node] = template("nnx.Optimizer({}, {}, wrt=nnx.Param)", model, site.tx)
