"""`model.bind(variables)`: the model itself where it is called, and what stays."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

NET = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Net(nn.Module):
    def setup(self):
        self.dense = nn.Dense(4)

    def encode(self, x):
        return nn.relu(self.dense(x))

    def noisy(self, x):
        return self.dense(x) + jax.random.normal(self.make_rng("noise"), (4,))

    def __call__(self, x):
        return self.encode(x).sum()


"""
LOOP = """\
def train(x, steps):
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    for _ in range(steps):
        grads = jax.grad(lambda p: model.apply({{"params": p}}, x))(state.params)
        {first}
        state = state.apply_gradients(grads=grads)
        {then}
    return state
"""


def _migrated(text: str, style: Style = "functional") -> str:
    return migrate_sources({"net.py": NET + text}, Options(style=style)).changed.get("net.py", "")


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(
    ("first", "then", "written"),
    [
        pytest.param(
            "pass",
            'bound = model.bind({"params": state.params})\n        print(bound(x), bound.encode(x).shape)',
            "print(model(x), model.encode(x).shape)",
            id="named",
        ),
        pytest.param(
            "pass",
            'print(model.bind({"params": state.params}).encode(x))',
            "print(model.encode(x))",
            id="inline",
        ),
        pytest.param(
            'bound = model.bind({"params": state.params})\n        print(bound(x))',
            "pass",
            "print(model(x))",
            id="before-the-update",
        ),
    ],
)
def test_calls_of_the_model(first: str, then: str, written: str, style: Style) -> None:
    new = _migrated(LOOP.format(first=first, then=then), style)
    assert written in new
    assert "bind" not in new and "bound" not in new


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(
            'bound = model.bind({"params": state.params})', "print(bound(x))", id="after-the-update"
        ),
        pytest.param("pass", 'print(model.bind({"params": state.params}))', id="shown"),
        pytest.param("pass", 'state.bound = model.bind({"params": state.params})', id="kept"),
        pytest.param("pass", 'print(model.bind({"params": state.params}).dense(x))', id="submodule"),
        pytest.param("pass", 'print(model.bind({"params": state.params}).variables)', id="variables"),
        pytest.param("pass", 'print(model.bind({"params": state.params}, rngs={}).encode(x))', id="options"),
        pytest.param(
            "pass",
            'bound = model.bind({"params": state.params})\n        print((lambda z: bound(z))(x))',
            id="in-a-function",
        ),
        pytest.param("pass", 'print(model.bind({"params": params})(x))', id="the-first-parameters"),
        pytest.param(
            "pass", 'print(Net().bind({"params": state.params}).encode(x))', id="another-definition"
        ),
    ],
)
def test_bound_modules_that_stay(first: str, then: str, style: Style) -> None:
    assert _migrated(LOOP.format(first=first, then=then), style) == ""


def test_wrapped_module_is_called_by_its_method() -> None:
    new = _migrated(LOOP.format(first="pass", then='print(model.bind({"params": state.params}).noisy(x))'))
    assert "nnx.bridge.ToNNX(model)" in new
    assert "print(model.noisy(x))" in new
