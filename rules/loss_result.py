"""LNX203: a loss returns a state or a model."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX203",
    name="loss-result",
    title="A loss function returns a train state, model or parameters",
    fix="manual",
    what="Reports a loss whose auxiliary output holds a train state, parameters or a definition.",
    why=(
        "What a differentiated function returns comes out of the trace. A model that comes out of it is "
        "another object than the one that went in."
    ),
    use_instead="Return only arrays from the loss, and the state from the step that calls it.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/transforms.html#rules-and-limitations",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp


def train(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]

    def loss_fn(params):
        return jnp.sum(model.apply({"params": params}, x)), params

    (loss, same), grads = jax.value_and_grad(loss_fn, has_aux=True)(params)
    return loss
""",
        ),
    ),
    valid=(
        """\
import jax
import jax.numpy as jnp


def train(x):
    return jax.value_and_grad(lambda x: (jnp.sum(x**2), x), has_aux=True)(x)
""",
    ),
)
