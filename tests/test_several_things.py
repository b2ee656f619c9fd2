"""Objects of one of several classes, chosen by a condition, whose methods train what they keep."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def made(x, tx):
    net = nn.Dense(2)
    params = net.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=tx)


class Plain:
    kind = "plain"

    def __init__(self, x):
        self.state = made(x, optax.sgd(0.1))

    def update(self, x):
        def loss(params):
            return jnp.mean(self.state.apply_fn({"params": params}, x) ** 2)

        self.state = self.state.apply_gradients(grads=jax.grad(loss)(self.state.params))

    def predict(self, x):
        return self.state.apply_fn({"params": self.state.params}, x)


class Robust:
    kind = "robust"

    def __init__(self, x):
        self.state = made(x, optax.adam(0.1))

    def update(self, x):
        def loss(params):
            return jnp.mean(jnp.abs(self.state.apply_fn({"params": params}, x)))

        self.state = self.state.apply_gradients(grads=jax.grad(loss)(self.state.params))

    def predict(self, x):
        return jnp.sign(self.state.apply_fn({"params": self.state.params}, x))


"""
CHOSEN = """\
def main(x, name):
    if name == "plain":
        agent = Plain(x)
    else:
        agent = Robust(x)
"""
USES = [
    pytest.param(
        "    for _ in range(5):\n        agent.update(x)\n    return agent.predict(x)\n", id="called"
    ),
    pytest.param(
        "    for _ in range(5):\n        agent.update(x)\n    return evaluated(agent, x)\n\n\n"
        "def evaluated(agent, x):\n    return agent.predict(x).sum()\n",
        id="handed-over",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("uses", USES)
def test_its_methods_are_followed(uses: str, style: Style) -> None:
    text = migrate_sources({"train.py": HEAD + CHOSEN + uses}, Options(style=style)).changed["train.py"]
    assert "self.optimizer.update(self.model, nnx.grad(loss)(self.model))" in text
    assert text.endswith(CHOSEN + uses)


STAYS = [
    pytest.param("    agent.update(x)\n    return agent.state.step\n", "LNX299", id="an-attribute-is-read"),
    pytest.param("    agent.state = None\n    return agent.predict(x)\n", "LNX013", id="an-attribute-is-set"),
    pytest.param("    return agent.missing(x)\n", "LNX299", id="a-method-that-is-not-known"),
    pytest.param("    return agent.__dict__\n", "LNX299", id="all-attributes"),
    pytest.param(
        "    other = Plain(x)\n    agent.update(other.state)\n", "LNX010", id="a-state-is-handed-over"
    ),
    pytest.param(
        "    if name == 'none':\n        agent = None\n    agent.update(x)\n", "LNX299", id="or-nothing-known"
    ),
    pytest.param(
        "    plain = Plain(x)\n    agent = plain if name else agent\n    old = plain.state\n"
        '    agent.update(x)\n    return old.apply_fn({"params": old.params}, x)\n',
        "LNX011",
        id="what-may-be-old",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize(("uses", "code"), STAYS)
def test_it_stays(uses: str, code: str, style: Style) -> None:
    found = migrate_sources({"train.py": HEAD + CHOSEN + uses}, Options(style=style))
    assert not found.changed
    assert code in {finding.code for finding in found.findings}
