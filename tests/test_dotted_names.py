"""Layers with names that no attribute can be written by: `name="mlp.dense_0"`."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, migrated, program

COMPACT = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        y = nn.relu(nn.Dense(8, name="mlp.dense_0")(x))
        return x + nn.Dense(x.shape[-1], name="mlp.dense-1")(y)


class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            x = Block(name=f"blocks.{i}")(x)
        head = nn.Dense(4, name="3")
        x = head(nn.Dense(4, name="in.class")(x))
        return x * self.param("scale", nn.initializers.ones, (4,))
"""
SETUP = """
class Net(nn.Module):
    depth: int = 2

    def setup(self):
        self.first = nn.Dense(5, name="in.first")
        if self.depth > 1:
            self.second = nn.Dense(5, name="in.second")

    def __call__(self, x):
        x = self.first(x)
        if self.depth > 1:
            x = self.second(x)
        return x
"""


@pytest.mark.parametrize(
    ("module", "lines"),
    [
        pytest.param(
            COMPACT,
            [
                'setattr(self, "mlp.dense_0", nnx.Linear(in_features, 8, rngs=rngs))',
                'getattr(self, "mlp.dense-1")(y)',
                'setattr(self, "3", nnx.Linear(4, 4, rngs=rngs))',
                'head = getattr(self, "3")',
            ],
            id="compact",
        ),
        pytest.param(SETUP, ['setattr(self, "in.first", ', 'getattr(self, "in.second")(x)'], id="setup"),
    ],
)  # fmt: skip
def test_the_name_stays(module: str, lines: list[str]) -> None:
    outcome = compared(program(module, "Net()", (3, 6)))
    assert_identical(outcome)
    for line in lines:
        assert line in outcome.text


READ = """
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4, name="out.dense")(x)


net = Net()
x = jnp.ones((2, 3))
params = net.init(jax.random.key(0), x)["params"]
print(net.apply({"params": params}, x).sum())
print(params["out.dense"]["kernel"].shape)
"""


def test_a_parameter_below_such_a_name_is_not_written_with_a_dot() -> None:
    text = migrated(READ)
    assert 'getattr(net, "out.dense").kernel[...].shape' in text
    exec(compile(text, "model.py", "exec"), {})
