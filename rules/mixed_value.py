"""LNX204: a name is a state on some paths only."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX204",
    name="mixed-value",
    title="A name stands for a train state or model on some paths only",
    fix="manual",
    what=(
        "Reports names and lines that mean a train state, parameters or a model on one way through the "
        "program and something else on another."
    ),
    why=(
        "Each name is replaced by the names of a model and an optimizer. Where it may be something else, "
        "there is no one text that is right for both."
    ),
    use_instead="Use two names, or a function for each of the cases.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def create(x, ready):
    model = nn.Dense(1)
    variables = model.init(jax.random.key(0), x)
    if not ready:
        variables = None
    return variables
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
