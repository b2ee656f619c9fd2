"""LNX013: a state is kept in an attribute or container."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX013",
    name="state-kept",
    title="A train state, model or its parameters are kept in an attribute or a container",
    fix="manual",
    what=(
        "Reports assignments of a train state, a module definition or parameters to an attribute or an "
        "item, and names that are shared by `global` or `nonlocal`."
    ),
    why=(
        "Every reader of the attribute or container would have to know that there are two objects now, and "
        "that they change in place: a list of states would hold one model many times."
    ),
    use_instead=(
        "Keep the state in local names and hand it to the functions that need it. For a trainer class, keep "
        "`self.model` and `self.optimizer`; a snapshot is `nnx.clone(nnx.state(model, nnx.Param))`."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


class Trainer:
    def __init__(self, x):
        model = nn.Dense(1)
        params = model.init(jax.random.key(0), x)["params"]
        state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
        self.state = state
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
