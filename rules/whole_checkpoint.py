"""LNX403: a train state is saved or loaded in a form that is not rewritten."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX403",
    name="whole-checkpoint",
    title="A train state is saved or loaded in a form that is not rewritten",
    fix="manual",
    what=(
        "Reports train states that are pickled, printed or loaded inside of dicts, states of classes with "
        "more fields than batch statistics, and optimizer states that are saved by themselves."
    ),
    why=(
        "A pickled state is an object of Linen's class. Whatever reads it later would have to change with "
        "the program, and NNX lays out the optimizer state in another way."
    ),
    use_instead=(
        "Save the state by itself with `flax.serialization` or `flax.training.checkpoints`, or save "
        "`state.params`: both are rewritten and read the files from before."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/checkpointing.html",
    invalid=(
        Example(
            before="""\
import pickle

import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def main(x, file):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    pickle.dump(state, file)
    return state.apply_fn({"params": state.params}, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx
from flax.training import checkpoints


def save(model: nnx.Module, folder):
    checkpoints.save_checkpoint(folder, nnx.to_pure_dict(nnx.state(model, nnx.Param)), step=0)
""",
    ),
)
