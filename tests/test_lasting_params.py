"""States that are created from parameters which an attribute goes on holding."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result, Style

PROGRAM = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Trainer:
    def __init__(self, x):
        self.net = nn.Dense(2)
        self.init_params = self.net.init(jax.random.key(0), x)["params"]
        self.flag = None
        self.state = None

    def begin(self):
        self.state = TrainState.create(apply_fn=self.net.apply, params={params}, tx=optax.sgd(0.1))

    def step(self, x):
        def loss(params):
            return jnp.mean(self.net.apply({{"params": params}}, x) ** 2)

        self.state = self.state.apply_gradients(grads=jax.grad(loss)(self.state.params))


def main(x):
    trainer = Trainer(x)
    trainer.begin()
    trainer.step(x)
    {more}
    return trainer
"""


def result(params: str, more: str = "pass", style: Style = "functional") -> Result:
    return migrate_sources({"train.py": PROGRAM.format(params=params, more=more)}, Options(style=style))


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(
    "params, expected",
    [
        pytest.param("self.init_params", "nnx.clone(self.init_model)", id="kept"),
        pytest.param(
            "self.init_params if self.state is None else self.state.params",
            "nnx.clone(self.init_model if self.model is None else self.model)",
            id="first or last, and called once",
        ),
        pytest.param(
            "self.state.params if self.state else self.init_params",
            "nnx.clone(self.model if self.optimizer else self.init_model)",
            id="tested for truth",
        ),
    ],
)
def test_the_state_trains_a_copy(params: str, expected: str, style: Style) -> None:
    text = result(params, style=style).changed["train.py"]
    assert f"self.model = {expected}\n" in text
    assert "self.optimizer = nnx.Optimizer(self.model, optax.sgd(0.1), wrt=nnx.Param)\n" in text


@pytest.mark.parametrize(
    "params, more",
    [
        pytest.param("self.init_params if self.flag else self.other", "pass", id="unknown other"),
        pytest.param("self.init_params or self.state.params", "pass", id="boolean operator"),
        pytest.param("self.init_params if self.init_params else self.state.params", "pass", id="empty tree"),
        pytest.param("self.init_params", "print(trainer.state.params if trainer.state else 0)", id="printed"),
    ],
)
def test_what_is_not_known_stays(params: str, more: str) -> None:
    assert not result(params, more).changed
