"""`init_with_output`: a construction and the first call of the model, or a refusal."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    flag: bool = False

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
{body}
        return nn.Dense(1)(x)


"""
PLAIN = "        x = nn.relu(x)"
DROPOUT = "        x = nn.Dropout(0.5, deterministic=deterministic)(x)"
NORM = "        x = nn.BatchNorm(use_running_average=deterministic)(x)"
ASKED = "        x = jnp.zeros_like(x) if self.is_initializing() else x"


def _after(body: str, lines: str) -> str:
    text = HEAD.format(body=body) + lines
    new = migrate_sources({"net.py": text}).changed.get("net.py", text)
    return new[new.index("        return ") :].split("\n\n\n", 1)[1]


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        pytest.param(
            PLAIN,
            """\
def show(key, x):
    net = Net()
    y, variables = net.init_with_output(key, x)
    return y, net.apply(variables, x)
""",
            """\
def show(key, x):
    net = Net(in_features=x.shape[-1], rngs=nnx.Rngs(key))
    y = net(x)
    return y, net(x)
""",
            id="both-are-read",
        ),
        pytest.param(
            PLAIN,
            """\
def show(key):
    net = Net()
    y, _ = net.init_with_output(key, jnp.ones((2, 3)))
    return y.shape
""",
            """\
def show(key):
    net = Net(in_features=3, rngs=nnx.Rngs(key))
    y = net(jnp.ones((2, 3)))
    return y.shape
""",
            id="the-variables-are-not-read",
        ),
        pytest.param(
            PLAIN,
            """\
def show(key, x):
    net = Net()
    sample = jnp.ones((2, 3))
    _, variables = net.init_with_output(key, sample)
    return net.apply(variables, x)
""",
            """\
def show(key, x):
    net = Net(in_features=3, rngs=nnx.Rngs(key))
    return net(x)
""",
            id="the-output-is-not-read",
        ),
        pytest.param(
            PLAIN,
            """\
def initialise(net, key, x):
    y, variables = net.init_with_output(key, x)
    print(y.shape)
    return variables["params"]


def show(key, x):
    net = Net()
    params = initialise(net, key, x)
    return net.apply({"params": params}, x)
""",
            """\
def initialise(net, key, x):
    net = net(in_features=x.shape[-1], rngs=nnx.Rngs(key))
    y = net(x)
    print(y.shape)
    return net


def show(key, x):
    net = Net
    model = initialise(net, key, x)
    return model(x)
""",
            id="the-definition-is-handed-over",
        ),
        pytest.param(
            DROPOUT,
            """\
def show(key, x):
    net = Net()
    y, variables = net.init_with_output(key, x, deterministic=True)
    return y, net.apply(variables, x)
""",
            """\
def show(key, x):
    net = Net(in_features=x.shape[-1], rngs=nnx.Rngs(key))
    y = net(x, deterministic=True)
    return y, net(x)
""",
            id="dropout-that-is-told-to-be-silent",
        ),
    ],
)
def test_output_at_the_first_call(body: str, before: str, after: str) -> None:
    assert _after(body, before) == after


@pytest.mark.parametrize(
    ("body", "call"),
    [
        pytest.param(DROPOUT, "y, variables = net.init_with_output(key, x)", id="dropout"),
        pytest.param(
            DROPOUT,
            'y, variables = net.init_with_output({"params": key, "dropout": key}, x, deterministic=False)',
            id="dropout-with-its-key",
        ),
        pytest.param(
            NORM, "y, variables = net.init_with_output(key, x, deterministic=False)", id="statistics"
        ),
        pytest.param(ASKED, "y, variables = net.init_with_output(key, x)", id="initialising-is-asked-for"),
        pytest.param(PLAIN, "y, *variables = net.init_with_output(key, x)", id="a-star"),
        pytest.param(PLAIN, "y = variables = net.init_with_output(key, x)", id="one-name"),
        pytest.param(
            PLAIN, "y, variables = jax.jit(net.init_with_output)(key, x)", id="compiled-on-the-spot"
        ),
    ],
)
def test_outputs_that_stay(body: str, call: str) -> None:
    lines = f"def show(key, x):\n    net = Net()\n    {call}\n    return y, net.apply(variables, x)\n"
    assert _after(body, lines) == lines


def test_dict_of_keys_from_elsewhere() -> None:
    lines = """\
def show(x, rngs):
    net = Net()
    params = net.init(jax.random.key(0), x)["params"]
    return net.apply({"params": params}, x, deterministic=False, rngs=rngs)
"""
    assert "net(x, deterministic=False, rngs=nnx.Rngs(rngs))" in _after(DROPOUT, lines)
    assert "net(x, deterministic=False)" in _after(PLAIN, lines)
