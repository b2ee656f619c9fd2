"""LNX012: a method or field of a train state without rewriting."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX012",
    name="state-method",
    title="A method or field of a train state has no rewriting yet",
    fix="manual",
    what=(
        "Reports `state.replace(...)`, subclasses of `TrainState`, and attributes that Flax's own "
        "`TrainState` does not have."
    ),
    why=(
        "`replace` makes a new state with other parts, which in NNX is a change of the model or of the "
        "optimizer; further fields need a place of their own beside them."
    ),
    use_instead=(
        "`nnx.update(model, tree)` for `state.replace(params=tree)`; an `nnx.Module` that holds model, "
        "optimizer and the other fields for a subclass."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#using-trainstate-in-flax-nnx",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def train(x, tree):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    state = state.replace(params=tree)
    return state.apply_fn({"params": state.params}, x)
""",
        ),
        Example(
            before="""\
from typing import Any

from flax.training.train_state import TrainState


class State(TrainState):
    batch_stats: Any
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
