"""LNX033: an optimizer state is updated by what may be another transformation."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX033",
    name="other-transformation",
    title="An optimizer state is updated by a transformation that may be another one",
    fix="manual",
    what=(
        "Finds `tx.update(grads, opt_state)` where `opt_state` may come from the `init` of another "
        "transformation than `tx`, as where a new learning rate makes a new one in every epoch."
    ),
    why=(
        "`nnx.Optimizer` holds its transformation from the beginning to the end. An update by another one "
        "would silently go on with the first."
    ),
    use_instead=(
        "One transformation that is made once; for a learning rate that changes, a schedule or "
        "`optax.inject_hyperparams`."
    ),
    fix_safety="Nothing is changed.",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


def train(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)
    opt_state = optax.sgd(0.1).init(params)
    for epoch in range(3):
        tx = optax.sgd(0.1 / (epoch + 1))
        grads = jax.grad(lambda p: jnp.mean(model.apply(p, x)))(params)
        updates, opt_state = tx.update(grads, opt_state)
        params = optax.apply_updates(params, updates)
    return params
""",
        ),
    ),
    valid=(
        """\
import optax


def transformation(steps):
    return optax.sgd(optax.linear_schedule(0.1, 0.0, steps))
""",
    ),
)
