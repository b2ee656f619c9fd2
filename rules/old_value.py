"""LNX011: an old state is used after its update."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX011",
    name="old-value",
    title="An old train state is used after it was updated",
    fix="manual",
    what=(
        "Reports code that reads a train state or its parameters after `apply_gradients` made a new one "
        "from it: rollback, a choice between old and new, target networks, two states from one tree of "
        "parameters."
    ),
    why=(
        "A Linen state is a value, so the old one keeps its numbers. An NNX model changes in place, and "
        "every name for it shows the new numbers: the rollback restores nothing and the target network is "
        "the network, in silence."
    ),
    use_instead=(
        "Take what is needed from the old state before the update. In NNX, make the copy first: `old = "
        "nnx.clone(model)`, then `optimizer.update(model, grads)`."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/transforms.html#state-propagation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def train(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    grads = jax.grad(lambda params: jnp.sum(model.apply({"params": params}, x)))(state.params)
    new = state.apply_gradients(grads=grads)
    return model.apply({"params": new.params}, x) - model.apply({"params": state.params}, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def train(model: nnx.Module, optimizer: nnx.Optimizer, grads, x):
    old = nnx.clone(model)
    optimizer.update(model, grads)
    return model(x) - old(x)
""",
    ),
)
