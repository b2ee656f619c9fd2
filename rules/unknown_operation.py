"""LNX299: an operation on a state that has no rewriting."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX299",
    name="unknown-operation",
    title="A train state, model or its parameters are used in an operation that has no rewriting",
    fix="manual",
    what=(
        "Reports comparisons, arithmetic, boolean choices, deletions, pattern matches and attributes of a "
        "train state, a definition or parameters."
    ),
    why=(
        "What the operation means for a value need not hold for an object: NNX models compare by identity "
        "and have other attributes."
    ),
    use_instead="Decide by something else than the state itself, such as a flag or a step number.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def train(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    if state == x:
        print(state.apply_fn({"params": state.params}, x))
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def same(one: nnx.Module, other: nnx.Module):
    return one is other
""",
    ),
)
