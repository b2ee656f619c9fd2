"""Sizes that cannot be told from the code: callers elsewhere give them, and never the sources themselves."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn
from migrate.core import migrate_sources
from migrate.result import Options

NET = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(self.width)(x))
        return nn.Dense(2)(jnp.fft.rfft(x).real)
"""
OUTER = """

class Outer(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(Net()(x))
"""
ASKED = "dense_1_in_features"


def told(text: str) -> list[str]:
    result = migrate_sources({"net.py": text}, Options())
    return [f"{finding.code} {finding.message}" for finding in result.findings if finding.fix != "automatic"]


def test_callers_elsewhere_are_asked() -> None:
    (message,) = told(NET)
    assert message.startswith("LNX116")
    assert f"pass `in_features` (the last axis of `x`), `{ASKED}` (what a layer inside is" in message


def test_the_module_around_hands_it_on() -> None:
    text = migrate_sources({"net.py": NET + OUTER}, Options()).changed["net.py"]
    assert f"{ASKED}=net_0_{ASKED}," in text
    assert f"net_0_{ASKED}: int," in text


def assert_same_numbers(text: str, x: jax.Array, **sizes: Any) -> None:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    exec(compile(text, "net.py", "exec"), before)
    exec(compile(migrate_sources({"net.py": text}, Options()).changed["net.py"], "net.py", "exec"), after)
    net = before["Net"]()
    variables = redrawn(net.init(jax.random.key(0), x))
    model = after["Net"](**sizes, rngs=nnx.Rngs(0))
    copy_into(variables, model)
    old = linen_results(net, variables, (x,), {}, rngs={})
    new = nnx_results(model, (x,), {}, variables["params"])
    for one, other in zip(old, new, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_numbers() -> None:
    x = jnp.sin(jnp.arange(18.0)).reshape(3, 6)
    assert_same_numbers(NET, x, in_features=6, dense_1_in_features=3)


LAST = "return nn.Dense(2)(jnp.fft.rfft(x).real)"
LOOP = "for _ in range(2):\n            x = nn.Dense(4)(jnp.fft.rfft(x).real)\n        return x"
USE = """

def f(x):
    net = Net()
    return net.apply(net.init(jax.random.key(0), x), x)
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(NET + USE, id="the-sources-build-it"),
        pytest.param(NET + OUTER + USE.replace("Net()", "Outer()"), id="the-sources-build-what-is-around"),
        pytest.param(NET.replace(LAST, LOOP), id="a-loop-may-need-many"),
    ],
)  # fmt: skip
def test_nobody_can_be_asked(text: str) -> None:
    assert migrate_sources({"net.py": text}, Options()).changed == {}
    assert "LNX112 the size of this layer's input cannot be told from the code" in told(text)


FRAMES = """\
import flax.linen as nn
import jax.numpy as jnp


class Net(nn.Module):
    widths: tuple = (4, 6)

    @nn.compact
    def __call__(self, x):
        x = {moved}
        for width in self.widths:
            x = nn.max_pool(nn.Conv(width, (3, 3))(x), (2, 2), strides=(2, 2), padding="SAME")
        return nn.Dense(2)(x.reshape(x.shape[0], -1))
"""


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param("jnp.transpose(x, (0, 2, 3, 1))", id="function"),
        pytest.param("x.transpose(0, 2, 3, 1)", id="method"),
        pytest.param("jnp.transpose(x, axes=(0, 2, 3, -3))", id="keyword"),
    ],
)
def test_a_transposition_tells_how_many_axes_there_are(moved: str) -> None:
    """Pictures with their channels in front, whose height and width go into the last layer."""
    x = jnp.sin(jnp.arange(2 * 3 * 10 * 7.0)).reshape(2, 3, 10, 7)
    assert_same_numbers(FRAMES.replace("{moved}", moved), x, in_shape=x.shape[1:])
