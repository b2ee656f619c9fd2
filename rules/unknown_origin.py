"""LNX015: Linen code whose values cannot be followed."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX015",
    name="unknown-origin",
    title="Linen code of which it cannot be seen where its values come from",
    fix="manual",
    what=(
        "Reports updates of a train state that comes in from elsewhere, and constructions from Flax that "
        "are used in a way that is not understood."
    ),
    why=(
        "A signature or a call can only change together with everything that hands values to it. Where that "
        "lies outside of the file, or in code that is never reached, changing one side would break the "
        "other."
    ),
    use_instead=(
        "Run linen2nnx on the file that makes the state, or move the step beside the code that makes and "
        "calls it."
    ),
    fix_safety="Nothing is edited.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#training-step-and-compilation",
    invalid=(
        Example(
            before="""\
from flax.training.train_state import TrainState


def train_step(state: TrainState, grads):
    return state.apply_gradients(grads=grads)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def train_step(model: nnx.Module, optimizer: nnx.Optimizer, grads):
    optimizer.update(model, grads)
""",
    ),
)
