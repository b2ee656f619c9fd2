"""Activation functions that a condition chooses: whichever it is, the shape stays."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Result

PROGRAM = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    width: int
    kind: str = "tanh"

    @nn.compact
    def __call__(self, x):
CHOICE
        x = act(nn.Dense(self.width)(x))
        return nn.Dense(3)(x)


def main(x):
    net = Net(4)
    return net.apply(net.init(jax.random.key(0), x), x)
"""


def result(choice: str) -> Result:
    lines = "\n".join(f"        {line}" for line in choice.split("\n"))
    return migrate_sources({"net.py": PROGRAM.replace("CHOICE", lines)}, Options(bridge=False))


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param(
            'if self.kind == "relu":\n    act = nn.relu\nelse:\n    act = nn.tanh', id="two-statements"
        ),
        pytest.param(
            'if self.kind == "relu":\n    act = nn.relu\n'
            'elif self.kind == "elu":\n    act = jax.nn.elu\nelse:\n    act = jnp.tanh',
            id="three-of-several-libraries",
        ),
        pytest.param('act = nn.relu if self.kind == "relu" else nn.gelu', id="an-expression"),
        pytest.param('act = {"relu": nn.relu, "tanh": nn.tanh}[self.kind]', id="a-table"),
        pytest.param('act = nn.silu\nif self.kind == "relu":\n    act = nn.relu', id="a-default"),
    ],
)
def test_the_size_behind_it_is_known(choice: str) -> None:
    text = result(choice).changed["net.py"]
    assert "self.Dense_1 = nnx.Linear(self.width, 3, rngs=rngs)\n" in text
    assert "linen" not in text


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param('act = nn.relu if self.kind == "relu" else self.kind', id="what-is-not-known"),
        pytest.param('act = nn.relu if self.kind == "relu" else jnp.mean', id="another-shape"),
        pytest.param('act = nn.relu if self.kind == "relu" else nn.Dense(3)', id="a-layer"),
        pytest.param("act = getattr(nn, self.kind)", id="a-name-that-is-looked-up"),
    ],
)
def test_stays(choice: str) -> None:
    found = result(choice)
    assert not found.changed
    assert found.findings
