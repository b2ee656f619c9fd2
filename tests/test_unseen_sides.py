"""Sides of a test that no call in the sources takes: rewritten, and heeded where they update."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

PROGRAM = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def step(state, x, {parameter}):
    {before}

    def loss(p):
        return jnp.mean(state.apply_fn({{"params": p}}, x) ** 2)

    if {test}:
        state = state.apply_gradients(grads=jax.grad(loss)(state.params))
    value = {read}.apply_fn({{"params": {read}.params}}, x)
    return state, value


def main(x):
    net = nn.Dense(2)
    params = net.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
    for _ in range(5):
        state, value = step(state, x)
    return value


main(jnp.ones((3, 4)))
"""
TESTS = [
    pytest.param("twice=False", "twice", id="a-flag"),
    pytest.param("frozen=True", "not frozen", id="a-flag-that-is-on"),
    pytest.param("extra=None", "extra is not None", id="something-that-is-left-out"),
]


def program(parameter: str, test: str, before: str, read: str) -> str:
    return PROGRAM.format(parameter=parameter, test=test, before=before, read=read)


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("parameter", "test"), TESTS)
def test_an_update_that_no_call_makes(parameter: str, test: str, style: Style) -> None:
    text = program(parameter, test, "x = 2 * x", "state")
    after = migrate_sources({"train.py": text}, Options(style=style)).changed["train.py"]
    assert (
        f"    if {test}:\n        optimizer.update(model, nnx.grad(loss)(model))\n    value = model(x)\n"
        in after
    )


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("parameter", "test"), TESTS)
def test_an_old_value_behind_it(parameter: str, test: str, style: Style) -> None:
    found = migrate_sources(
        {"train.py": program(parameter, test, "old = state", "old")}, Options(style=style)
    )
    after = found.changed["train.py"]
    assert "    old = nnx.clone(model)\n" in after and "    value = old(x)\n" in after
