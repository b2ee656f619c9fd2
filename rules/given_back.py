"""LNX206: a function that something unknown calls gives a train state or a model back."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX206",
    name="given-back",
    title="A train state is given back by a function that cannot be followed to its caller",
    fix="manual",
    what=(
        "Reports functions that return a train state, a model, parameters or gradients and are handed to a "
        "transform or stand below a decorator that is not known, states that a batched function updates "
        "without returning them, and methods that nothing in the sources calls and that return a tree of "
        "parameters."
    ),
    why="What is done with the result is not seen, and it would be two objects instead of one.",
    use_instead="A direct call, or `jax.jit`, `jax.vmap`, `jax.pmap` and the loops of `jax.lax`.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/jax_and_nnx_transforms.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from elsewhere import repeated
from flax.training.train_state import TrainState


@repeated
def create(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))


def main(x):
    return create(x).step
""",
        ),
    ),
    valid=(
        """\
import jax
import optax
from flax import nnx


@jax.vmap
def create(key):
    model = nnx.Linear(2, 3, rngs=nnx.Rngs(key))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
""",
    ),
)
