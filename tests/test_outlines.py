"""Tables and shapes of definitions, which have no parameters yet."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dropout(0.5, deterministic=not train)(nn.Dense(3)(x))
        return nn.Dense(2)(x)


class Normed(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.BatchNorm(use_running_average=True)(nn.Dense(3)(x))


"""
BEFORE_INIT = """
def main(x):
    net = Net()
    {shown}
    key = jax.random.key(1)
    params = net.init(key, x)["params"]
    return net.apply({{"params": params}}, x)
"""
BEHIND_INIT = """
def main(x, key):
    net = Net()
    params = net.init(key, x)["params"]
    {shown}
    return net.apply({{"params": params}}, x)
"""
REWRITES = [
    pytest.param(
        BEHIND_INIT,
        "print(net.tabulate(key, x, depth=1))",
        "print(nnx.tabulate(net, x, rngs=nnx.Rngs(key), depth=1))",
        id="table",
    ),
    pytest.param(
        BEHIND_INIT,
        "print(nn.tabulate(net, key, depth=1)(x))",
        "print(nnx.tabulate(net, x, rngs=nnx.Rngs(key), depth=1))",
        id="table-by-function",
    ),
    pytest.param(
        BEHIND_INIT,
        'print(net.tabulate({"params": key, "dropout": key}, x, train=True))',
        "print(nnx.tabulate(net, x, train=True, rngs=nnx.Rngs(dropout=key)))",
        id="table-of-a-call-that-draws",
    ),
    pytest.param(
        BEHIND_INIT,
        "print(jax.eval_shape(net.init, key, x))",
        'print({"params": jax.eval_shape(nnx.to_pure_dict, nnx.state(net, nnx.Param))})',
        id="shapes",
    ),
    pytest.param(
        BEHIND_INIT,
        'print(jax.eval_shape(partial(net.init, train=True), key, x)["params"])',
        "print(jax.eval_shape(nnx.to_pure_dict, nnx.state(net, nnx.Param)))",
        id="shapes-by-a-partial-call",
    ),
    pytest.param(
        BEFORE_INIT,
        "print(net.tabulate(jax.random.key(0), x))",
        "nnx.tabulate(net(in_features=x.shape[-1], rngs=nnx.Rngs(0)), x, rngs=nnx.Rngs(0))",
        id="table-before-the-key-is-there",
    ),
    pytest.param(
        BEFORE_INIT,
        'print(jax.eval_shape(net.init, jax.random.key(0), x)["params"])',
        "nnx.eval_shape(lambda: net(in_features=x.shape[-1], rngs=nnx.Rngs(0)))",
        id="shapes-before-the-key-is-there",
    ),
]
REFUSED = [
    pytest.param(BEHIND_INIT, "print(net.tabulate(key, x, show_repeated=True))", "LNX006", id="other-option"),
    pytest.param(BEHIND_INIT, "print(net.tabulate(*[key, x]))", "LNX006", id="spread"),
    pytest.param(BEHIND_INIT, "print(net.tabulate(next(key), x))", "LNX006", id="key-that-is-drawn"),
    pytest.param(BEHIND_INIT, "print(jax.eval_shape(net.init, key, params))", "LNX006", id="parameters"),
    pytest.param(BEHIND_INIT, "show = nn.tabulate(net, key)", "LNX010", id="table-for-later"),
    pytest.param(BEHIND_INIT, "show = net.tabulate", "LNX204", id="table-method-for-later"),
    pytest.param(
        BEHIND_INIT.replace("Net", "Normed"),
        "print(jax.eval_shape(net.init, key, x))",
        "LNX006",
        id="shapes-of-statistics-too",
    ),
]

WRAPPED = """
class Own(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", lambda key, shape: jnp.ones(shape), (x.shape[0] * 3, 1)).sum() + hash(self)


def main(x, key):
    net = Own()
    print(net.tabulate(key, x), jax.eval_shape(net.init, key, x))
    params = net.init(key, x)["params"]
    return jax.grad(lambda params: net.apply({"params": params}, x).sum())(params)
"""


@pytest.mark.parametrize(("program", "shown", "expected"), REWRITES)
def test_what_is_shown_is_shown_of_a_model(program: str, shown: str, expected: str) -> None:
    source = HEAD + dedent(program).format(shown=shown)
    for style in ("functional", "stateful"):
        changed = migrate_sources({"m.py": source}, Options(style=style)).changed["m.py"]
        assert "".join(expected.split()) in "".join(changed.replace(",\n", "\n").split()).replace(",)", ")")


@pytest.mark.parametrize(("program", "shown", "code"), REFUSED)
def test_what_cannot_be_shown_stays(program: str, shown: str, code: str) -> None:
    source = HEAD + dedent(program).format(shown=shown)
    result = migrate_sources({"m.py": source}, Options())
    assert shown in result.changed.get("m.py", source)
    assert code in {finding.code for finding in result.findings}


def test_a_wrapped_module_shows_itself() -> None:
    source = HEAD + dedent(WRAPPED)
    changed = migrate_sources({"m.py": source}, Options()).changed["m.py"]
    assert "nnx.bridge.ToNNX(net).lazy_init(x, rngs=key)" in changed
    assert "print(net.tabulate(key, x), jax.eval_shape(net.init, key, x))" in changed
