"""`apply(..., method=...)`: the method is named by a string, or read from the class or a definition of it."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

PATH = "train.py"
PROGRAM = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    def setup(self):
        self.inner = nn.Dense(4)
        self.outer = nn.Dense(3)

    def __call__(self, x):
        return self.outer(self.inner(x))

    def encode(self, x):
        return nn.relu(self.inner(x))


class Wider(Net):
    def encode(self, x):
        return nn.tanh(x)


net = {net}()
params = net.init(jax.random.key(0), jnp.ones((1, 2)))["params"]
print(net.apply({{"params": params}}, jnp.ones((1, 2)), method={method}))
"""


def migrated(net: str, method: str) -> str:
    """The last line of the new program, or of the old one where it stays."""
    text = PROGRAM.format(net=net, method=method)
    result = migrate_sources({PATH: text}, Options(bridge=False))
    return result.changed.get(PATH, text).splitlines()[-1]


@pytest.mark.parametrize(
    ("net", "method"),
    [
        pytest.param("Net", "'encode'", id="a-string"),
        pytest.param("Net", "Net.encode", id="of-the-class"),
        pytest.param("Net", "net.encode", id="of-the-definition"),
    ],
)
def test_the_method_is_called(net: str, method: str) -> None:
    assert migrated(net, method) == "print(net.encode(jnp.ones((1, 2))))"


@pytest.mark.parametrize(
    ("net", "method"),
    [
        pytest.param("Wider", "Net.encode", id="of-a-base-that-is-overridden"),
        pytest.param("Net", "lambda net, x: net.inner(x)", id="a-function"),
        pytest.param("Net", "net.inner", id="a-layer"),
        pytest.param("Net", "getattr(net, 'encode')", id="computed"),
    ],
)
def test_stays(net: str, method: str) -> None:
    assert migrated(net, method) == PROGRAM.format(net=net, method=method).splitlines()[-1]


def test_the_name_of_a_keyword_is_not_enough() -> None:
    text = PROGRAM.format(net="Net", method="net.encode") + "print(dict(method=net.encode))\n"
    assert migrate_sources({PATH: text}, Options(bridge=False)).changed == {}
