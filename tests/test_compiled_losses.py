"""Gradients of losses that are compiled by themselves."""

from __future__ import annotations

from textwrap import indent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import after

NET = """

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)
"""
MAIN = """

def main():
    net = Net()
    params = net.init(jax.random.key(0), X)["params"]
    tx = optax.sgd(0.1)
    opt_state = tx.init(params)
"""
LOSS = 'loss = jax.jit(lambda params, x: jnp.sum(net.apply({"params": params}, x)))\n'
UPDATE = "updates, opt_state = tx.update(grads, opt_state)\nparams = optax.apply_updates(params, updates)\n"


def migrated(body: str, style: Style) -> str | None:
    text = after(NET, MAIN) + indent(body, "    ")
    return migrate_sources({"train.py": text}, Options(style=style, bridge=False)).changed.get("train.py")


@pytest.mark.parametrize(
    ("style", "compiled"),
    [
        pytest.param("functional", "jax.jit", id="functional"),
        pytest.param("stateful", "nnx.jit", id="stateful"),
    ],
)
def test_the_loss_stays_compiled(style: Style, compiled: str) -> None:
    text = migrated(LOSS + "grads = jax.grad(loss)(params, X)\n" + UPDATE, style)
    assert text is not None
    assert f"loss = {compiled}(lambda net, x: jnp.sum(net(x)))\n    grads = nnx.grad(loss)(net, X)" in text


@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_a_function_that_is_batched_on_the_spot_is_not_called_later(style: Style) -> None:
    body = "grads = jax.grad(loss)(params, X)\njax.vmap(lambda x: net.apply({'params': params}, x))(X)\n"
    text = migrated(LOSS + body + UPDATE, style)
    assert text is not None
    assert "jax.vmap(lambda x: net(x))(X)" in text


STAYS = [
    pytest.param(
        "f = jax.jit(lambda params: (jnp.sum(net.apply({'params': params}, X)), params))\n"
        "grads, kept = jax.grad(f, has_aux=True)(params)\n" + UPDATE,
        id="parameters-as-aux",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str, style: Style) -> None:
    assert migrated(body, style) is None


@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_an_old_value_is_a_copy(style: Style) -> None:
    body = LOSS + "old = params\ngrads = jax.grad(loss)(params, X)\n" + UPDATE + "loss(old, X)\n"
    text = migrated(body, style)
    assert text is not None
    assert "old = nnx.clone(net)\n    grads" in text
    assert "loss(old, X)" in text


@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_a_batched_function_that_is_called_later_sees_the_old_value(style: Style) -> None:
    body = LOSS + "now = params\nlater = jax.vmap(lambda x: net.apply({'params': now}, x))\n"
    body += "grads = jax.grad(loss)(params, X)\n" + UPDATE + "later(X)\n"
    text = migrated(body, style)
    assert text is not None
    assert "now = nnx.clone(net)\n    later = jax.vmap(lambda x: now(x))\n    grads" in text
