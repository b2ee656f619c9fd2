"""Definitions that are made before the key is there: they are evaluated where they stand."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

LATE = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x)


def main(key, world, sizes):
BODY
    return net.apply(params, jnp.ones((2, 3)))
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "    net = Net(world.width())\n"
            "    key, init_key = jax.random.split(key)\n"
            "    params = net.init(init_key, jnp.ones((1, 3)))\n",
            "    net = partial(Net, world.width())\n"
            "    key, init_key = jax.random.split(key)\n"
            "    net = net(in_features=3, rngs=nnx.Rngs(init_key))\n",
            id="a-call-that-may-have-effects",
        ),
        pytest.param(
            "    net = Net(width=sizes[0])\n"
            "    key, init_key = jax.random.split(key)\n"
            "    sizes.append(world.width())\n"
            "    params = net.init(init_key, jnp.ones((1, 3)))\n",
            "    net = partial(Net, width=sizes[0])\n"
            "    key, init_key = jax.random.split(key)\n"
            "    sizes.append(world.width())\n"
            "    net = net(in_features=3, rngs=nnx.Rngs(init_key))\n",
            id="an-item-that-changes",
        ),
        pytest.param(
            "    net = Net(4)\n"
            "    key, init_key = jax.random.split(key)\n"
            "    params = net.init(init_key, jnp.ones((1, 3)))\n",
            "    key, init_key = jax.random.split(key)\n"
            "    net = Net(4, in_features=3, rngs=nnx.Rngs(init_key))\n",
            id="what-may-wait",
        ),
        pytest.param(
            "    net = Net(world.width())\n    print(key)\n    params = net.init(key, jnp.ones((1, 3)))\n",
            "    net = Net(world.width(), in_features=3, rngs=nnx.Rngs(key))\n    print(key)\n",
            id="a-key-that-is-there",
        ),
    ],
)
def test_a_definition_is_evaluated_where_it_was(body: str, expected: str) -> None:
    text = migrate_sources({"net.py": LATE.replace("BODY\n", body)}, Options()).changed["net.py"]
    assert expected in text
