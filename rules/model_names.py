"""LNX018: model and optimizer would get names that are not free."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX018",
    name="model-names",
    title="The names for model and optimizer cannot be settled",
    fix="manual",
    what=(
        "Reports a name that the model or the optimizer would get and that means something else there, two "
        "models that would get one name, and two names for what would be one object."
    ),
    why=(
        "One name becomes two, taken from what the program calls things already. In NNX two names for one "
        "model are one object, so a second name for the old state would show the new one."
    ),
    use_instead=(
        "Rename what is in the way, or use one name for a state and what comes out of its updates: `state = "
        "state.apply_gradients(...)`."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def train(x, optimizer):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    return state, optimizer
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
