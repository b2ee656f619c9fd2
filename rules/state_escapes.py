"""LNX010: a state goes where it cannot be followed."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX010",
    name="state-escapes",
    title="A train state, model or its parameters go where they cannot be followed",
    fix="manual",
    what=(
        "Reports a train state, parameters, a module definition or an apply function that is handed to a "
        "library function, collected in a comprehension, spread with a star, or used in the middle of an "
        "expression."
    ),
    why=(
        "One value becomes two objects that change in place. Code that cannot be looked into may rely on "
        "the value: on its fields, its order in a tree, or on the old one staying what it was."
    ),
    use_instead=(
        "Hand on what the other side needs: arrays, or the result of a call. Give the state a name before "
        "it is used, and take results apart by unpacking."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#training-step-and-compilation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState
from elsewhere import log


def train(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    log(state)
""",
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
""",
    ),
)
