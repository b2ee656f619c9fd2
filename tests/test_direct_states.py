"""Train states that are made by their classes, and steps that are set."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

HEAD = """\
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Kept(TrainState):
    target: Any


"""
CREATED = """
def main(x, step, tx, other):
    model = nn.Dense(2)
    params = model.init(jax.random.key(0), x)["params"]
    second = model.init(jax.random.key(0), x)["params"]
    {made}
    return model.apply({{"params": state.params}}, x)
"""
STEPPED = """
def main(x):
    model = nn.Dense(2)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    {stepped}
"""
FIELDS = "apply_fn=model.apply, params=params, tx=tx, opt_state=tx.init(params)"
MADE = [
    pytest.param(f"state = TrainState(step=0, {FIELDS})", True, id="as-create-does"),
    pytest.param(f"state = Kept(step=0, {FIELDS}, target=params)", True, id="of-a-class"),
    pytest.param(f"state = TrainState(step=1, {FIELDS})", False, id="later-step"),
    pytest.param(f"state = TrainState(step=step, {FIELDS})", False, id="step-that-is-not-known"),
    pytest.param(f"state = TrainState(step=False, {FIELDS})", False, id="no-number"),
    pytest.param(
        f"state = TrainState(step=0, {FIELDS})".replace("tx.init", "other.init"), False, id="another-tx"
    ),
    pytest.param(
        f"state = TrainState(step=0, {FIELDS})".replace("init(params)", "init(second)"), False, id="tree"
    ),
    pytest.param(
        f"opt_state = tx.init(params); state = TrainState(step=0, {FIELDS})".replace(
            "opt_state=tx.init(params)", "opt_state=opt_state"
        ),
        False,
        id="optimizer-state-with-a-name",
    ),
]
STEPS = [
    pytest.param("state = state.replace(step=0)\n    return state", True, id="set"),
    pytest.param("return state.replace(step=3)", True, id="given-back"),
    pytest.param("state = state.replace(step=-1)\n    return state", False, id="negative"),
    pytest.param("state = state.replace(step=x)\n    return state", False, id="not-known"),
    pytest.param("state = state.replace(step=state.step + 1)\n    return state", False, id="counted-by-hand"),
    pytest.param("new = state.replace(step=0)\n    return new, state", False, id="old-state-is-used"),
    pytest.param("new = state.replace(step=0)\n    return new.step - state.step", False, id="old-step"),
    pytest.param("print(state.replace(step=0).params)", False, id="in-an-expression"),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("made", "migrated"), MADE)
def test_a_state_is_made_as_create_makes_it(made: str, migrated: bool, style: Style) -> None:
    if "second" not in made:
        source = CREATED.replace('    second = model.init(jax.random.key(0), x)["params"]\n', "")
    else:
        source = CREATED
    result = migrate_sources({"m.py": HEAD + dedent(source).format(made=made)}, Options(style=style))
    changed = result.changed.get("m.py", "")
    assert migrated == ("nnx.Optimizer(model, tx, wrt=nnx.Param)" in changed)
    assert not migrated or "opt_state" not in changed


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("stepped", "migrated"), STEPS)
def test_a_step_is_set_in_the_optimizer(stepped: str, migrated: bool, style: Style) -> None:
    source = HEAD + dedent(STEPPED).format(stepped=stepped)
    changed = migrate_sources({"m.py": source}, Options(style=style)).changed.get("m.py", "")
    assert migrated == ("optimizer.step[...] = " in changed)
