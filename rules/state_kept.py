"""LNX013: a state is kept in a container, or in an attribute that is not followed."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX013",
    name="state-kept",
    title="A train state, model or its parameters are kept in an attribute or a container",
    fix="manual",
    what=(
        "Reports assignments of a train state, a module definition or parameters to an item, to an attribute "
        "of an object that is not one of the project's own, and names that are shared by `global` or "
        "`nonlocal`. An attribute of an own class is followed like a name: `self.state` becomes `self.model` "
        "and `self.optimizer`."
    ),
    why=(
        "Every reader of the attribute or container would have to know that there are two objects now, and "
        "that they change in place: a list of states would hold one model many times."
    ),
    use_instead=(
        "Keep the state in names, or in attributes of a class of the project, and hand it to the functions "
        "that need it; a snapshot is `nnx.clone(nnx.state(model, nnx.Param))`."
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


def remember(x, states):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    states["first"] = state
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
