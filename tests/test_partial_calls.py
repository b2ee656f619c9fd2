"""Steps with some of their arguments given by `functools.partial`, in both styles, compiled or batched."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import NET, after

TOP = """
from functools import partial


def step(rate, state, x, model, scale=1.0):
    def loss_fn(params):
        return scale * jnp.mean((model.apply({"params": params}, x) - rate) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss


net = Net()
params = net.init(jax.random.key(0), X)["params"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))
"""


def migrated(body: str, style: Style = "functional") -> str | None:
    text = after(NET, TOP + dedent(body))
    return migrate_sources({"train.py": text}, Options(style=style, bridge=False)).changed.get("train.py")


EACH: tuple[Style, ...] = ("functional", "stateful")
WRITTEN = [
    pytest.param(
        "train = jax.jit(partial(step, 0.3, model=net), donate_argnums=(0,))\nstate, loss = train(state, X)",
        "train = jax.jit(partial(step, 0.3), donate_argnums=(0, 1))\n"
        "(net, optimizer), loss = train(net, optimizer, X)",
        "train = nnx.jit(partial(step, 0.3), donate_argnums=(0, 1))\nloss = train(net, optimizer, X)",
        id="compiled",
    ),
    pytest.param(
        "train = jax.jit(partial(step, model=net, scale=2.0))\nstate, loss = train(0.3, state, X)",
        "train = jax.jit(partial(step, scale=2.0))\n(net, optimizer), loss = train(0.3, net, optimizer, X)",
        "train = nnx.jit(partial(step, scale=2.0))\nloss = train(0.3, net, optimizer, X)",
        id="definition-beside-another-argument",
    ),
    pytest.param(
        "train = jax.jit(partial(step, model=net), static_argnums=0)\nstate, loss = train(0.3, state, X)",
        "train = jax.jit(step, static_argnums=0)\n(net, optimizer), loss = train(0.3, net, optimizer, X)",
        "train = nnx.jit(step, static_argnums=0)\nloss = train(0.3, net, optimizer, X)",
        id="nothing-but-the-definition",
    ),
    pytest.param(
        "train = partial(partial(step, 0.3), model=net)\nstate, loss = jax.jit(train)(state, X)",
        "train = partial(step, 0.3)\n(net, optimizer), loss = jax.jit(train)(net, optimizer, X)",
        "train = partial(step, 0.3)\nloss = nnx.jit(train)(net, optimizer, X)",
        id="nested",
    ),
    pytest.param(
        "train = partial(step, 0.3, model=net)\nstate, loss = train(state, X)",
        "train = partial(step, 0.3)\n(net, optimizer), loss = train(net, optimizer, X)",
        "train = partial(step, 0.3)\nloss = train(net, optimizer, X)",
        id="called-as-it-is",
    ),
]


@pytest.mark.parametrize(("body", "functional", "stateful"), WRITTEN)
def test_written(body: str, functional: str, stateful: str) -> None:
    for style, expected in zip(EACH, (functional, stateful), strict=True):
        text = migrated(body, style)
        assert text is not None
        assert text.endswith(f"\n{expected}\n")


def test_batched() -> None:
    body = """
    train = jax.pmap(partial(step, 0.3, model=net), axis_name="b", in_axes=(None, 0), out_axes=(None, 0))
    state, loss = train(state, X[None])
    """
    text = migrated(body)
    assert text is not None
    assert 'partial(step, 0.3), axis_name="b", in_axes=(None, None, 0), out_axes=(None, 0)' in text


STAYS = [
    pytest.param("train = partial(step, 0.3, state)\nstate, loss = train(X, net)", id="state"),
    pytest.param(
        "train = jax.jit(partial(step, *(0.3,), model=net))\nstate, loss = train(state, X)", id="star"
    ),
    pytest.param(
        "train = jax.jit(partial(step, 0.3, **{'model': net}))\nstate, loss = train(state, X)", id="stars"
    ),
    pytest.param("import train\ntrain.run(partial(step, 0.3, model=net))", id="handed-on"),
]


@pytest.mark.parametrize("body", STAYS)
def test_stays(body: str) -> None:
    assert migrated(body) is None
