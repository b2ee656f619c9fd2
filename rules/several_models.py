"""LNX036: several models whose leaves would be trained in another order."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX036",
    name="order-of-models",
    title="Models that are trained as one would be trained in another order",
    fix="manual",
    what=(
        "Reports a record with the parameters of several models, given to an optimizer or a train state, "
        "whose fields are not in alphabetical order, where the transformation may depend on the order."
    ),
    why=(
        "A record of models goes into `nnx.Optimizer` as one model does, but NNX sorts its fields by name "
        "where jax keeps their order. Most transformations treat each leaf by itself. One that draws noise "
        "leaf by leaf gives other numbers, and one that is not known may do anything."
    ),
    use_instead=(
        "Give the fields names that are in alphabetical order, or make the transformation of functions of "
        "optax where the record is given to it."
    ),
    fix_safety=(
        "Nothing is edited. With transformations of optax that do not depend on the order such records are "
        "migrated; a norm over all leaves may then differ in its last bit, as it is summed in another order. "
        "Dicts and tuples of models keep their order."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/state.html",
    invalid=(
        Example(
            before="""\
from typing import Any, NamedTuple

import flax.linen as nn
import jax
from flax.training.train_state import TrainState


class Params(NamedTuple):
    policy: Any
    critic: Any


def create(x, tx):
    policy = nn.Dense(4)
    critic = nn.Dense(1)
    first, second = jax.random.split(jax.random.key(0))
    policy_params = policy.init(first, x)
    critic_params = critic.init(second, x)
    params = Params(policy_params, critic_params)
    state = TrainState.create(apply_fn=None, params=params, tx=tx)
    return state
""",
        ),
    ),
    valid=(
        """\
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


class Params(NamedTuple):
    policy: Any
    critic: Any


def create(x):
    policy = nn.Dense(4)
    critic = nn.Dense(1)
    first, second = jax.random.split(jax.random.key(0))
    policy_params = policy.init(first, x)
    critic_params = critic.init(second, x)
    params = Params(policy_params, critic_params)
    state = TrainState.create(apply_fn=None, params=params, tx=optax.adam(1e-3))
    return state
""",
    ),
)
