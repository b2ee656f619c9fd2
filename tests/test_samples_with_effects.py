"""Samples that are drawn where a model is initialised: drawn once in NNX too, at the same place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, y=None):
        return nn.Dense(3)(x)


class Both(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(x.shape[-1])(nn.Conv(4, (3, 3))(x))


class Flat(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(nn.Conv(2, (3, 3), padding="VALID")(x).reshape(x.shape[0], -1))

"""


def result_of(body: str) -> tuple[str, list[str]]:
    """The function behind the classes as it is written, or an empty text, and what is said."""
    result = migrate_sources({"train.py": f"{HEAD}\n{dedent(body)}"}, Options())
    new = result.changed.get("train.py", "")
    return new[new.index("def main") :] if new else "", [f"{f.code} {f.message}" for f in result.findings]


def main(init: str, before: str = "pass", net: str = "Net()") -> str:
    return f"""
def main(space, loader, keys, x):
    net = {net}
    {before}
    params = {init}
    return net.apply(params, x)
"""


SAMPLE = 'net.init(jax.random.key(0), next(iter(loader))["image"])'
WRITTEN = [
    pytest.param(
        main("net.init(jax.random.key(0), space.sample())"),
        "net = Net(in_features=space.sample().shape[-1], rngs=nnx.Rngs(0))",
        id="a-draw",
    ),
    pytest.param(
        main(SAMPLE), 'Net(in_features=next(iter(loader))["image"].shape[-1], rngs=nnx.Rngs(0))', id="an-item"
    ),
    pytest.param(
        main("net.init(jax.random.key(0), np.array([space.sample()]))"),
        "net = Net(in_features=np.array([space.sample()]).shape[-1], rngs=nnx.Rngs(0))",
        id="an-array-of-draws",
    ),
    pytest.param(
        "def images():\n    n = 3\n    return jnp.zeros((1, n))\n\n"
        + main("net.init(jax.random.key(0), images())"),
        "net = Net(in_features=images().shape[-1], rngs=nnx.Rngs(0))",
        id="what-a-function-gives",
    ),
    pytest.param(
        main("net.init(jax.random.key(0), space.sample())", before="space.seed(0)"),
        "    space.seed(0)\n    net = Net(in_features=space.sample().shape[-1], rngs=nnx.Rngs(0))",
        id="behind-other-effects",
    ),
    pytest.param(
        main("net.init(jax.random.key(0), np.array([space.sample()]))", net="Flat()"),
        "np.array([space.sample()]).shape[1:]",
        id="all-axes",
    ),
]


@pytest.mark.parametrize(("body", "written"), WRITTEN)
def test_drawn_once(body: str, written: str) -> None:
    text, said = result_of(body)
    assert written in text, said
    assert text.count("sample()") <= 1


REFUSED = [
    pytest.param(
        main("net.init(jax.random.key(0), x, space.sample())"),
        "LNX006 making this sample has effects, which would go or come twice: name it first",
        id="not-needed",
    ),
    pytest.param(
        main("net.init_with_output(jax.random.key(0), space.sample())")
        .replace("params =", "y, params =")
        .replace("return", "return y,"),
        "LNX006 making this sample has effects, which would go or come twice: name it first",
        id="given-to-the-first-call-too",
    ),
    pytest.param(
        main("net.init(next(keys), space.sample())"),
        "LNX006 making this sample has effects, which would go or come twice: name it first",
        id="a-key-with-effects",
    ),
    pytest.param(
        main("net.init(jax.random.key(0), space.sample() * 2)"),
        "LNX112 the last axis of this sample cannot be told from the code",
        id="more-than-a-call",
    ),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_what_stays(body: str, reason: str) -> None:
    _, said = result_of(body)
    assert reason in said
