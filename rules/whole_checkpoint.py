"""LNX403: a train state is saved or loaded as a whole."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX403",
    name="whole-checkpoint",
    title="A train state is saved or loaded as a whole",
    fix="manual",
    what=(
        "Reports train states and optimizer states that are handed to `flax.serialization`, `pickle` or the "
        "checkpoints of `flax.training`."
    ),
    why=(
        "Linen's file holds the step, the parameters and the optimizer state, which NNX lays out in another "
        "way, so that a program after its migration could not read the files from before."
    ),
    use_instead=(
        "Save and load `state.params`, which is rewritten. Or, by hand, save "
        "`nnx.to_pure_dict(nnx.state((model, optimizer)))` and convert the old files once."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/checkpointing.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training import checkpoints
from flax.training.train_state import TrainState


def main(x, folder):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    checkpoints.save_checkpoint(folder, state, step=0)
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
