"""Batch statistics and random keys at `apply`: what an NNX model would do otherwise stays as it is."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options, Style
from tests.linen_programs import after

PATH = "train.py"
NET = """

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = True):
        x = nn.Dense(4)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        x = nn.Dropout(0.5, deterministic=not train)(x)
        return nn.Dense(2)(x)


net = Net()
variables = net.init({"params": jax.random.key(0), "dropout": jax.random.key(1)}, X, train=False)
params = variables["params"]
batch_stats = variables["batch_stats"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))
KEYS = {"dropout": jax.random.key(2)}
"""
STEP = """

@jax.jit
def step(state, batch_stats, x):
    def loss_fn(params):
        y, updates = state.apply_fn(
            {"params": params, "batch_stats": batch_stats},
            x,
            rngs={"dropout": jax.random.key(2)},
            mutable=["batch_stats"],
        )
        return jnp.mean((y - Y) ** 2), updates

    (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
    return state.apply_gradients(grads=grads), updates["batch_stats"], loss
"""
APPLY = 'net.apply({"params": params, "batch_stats": batch_stats}, X'
KEY = 'rngs={"dropout": jax.random.key(2)}'


def changed(style: Style, text: str) -> str | None:
    """The new text, or None for a program that stays, which a finding must explain."""
    result = migrate_sources({PATH: text}, Options(style=style))
    assert result.findings
    return result.changed.get(PATH)


REFUSED = [
    pytest.param(
        "for turn in range(3):\n    state, new, loss = step(state, batch_stats, X)\n"
        "    if turn == 1:\n        continue\n    batch_stats = new",
        id="a-turn-that-keeps-the-old-statistics",
    ),
    pytest.param(
        "for turn in range(3):\n    state, new, loss = step(state, batch_stats, X)\n"
        "    if turn != 1:\n        batch_stats = new",
        id="statistics-that-are-kept-under-a-condition",
    ),
    pytest.param(
        "for turn in range(3):\n    state, new, loss = step(state, batch_stats, X)\n"
        "    batch_stats = new if turn else batch_stats",
        id="statistics-that-are-chosen",
    ),
    pytest.param(
        "for turn in range(3):\n    try:\n        state, new, loss = step(state, batch_stats, X)\n"
        "        check(loss)\n        batch_stats = new\n    except ValueError:\n        pass",
        id="statistics-after-an-exception",
    ),
    pytest.param(
        f"y, _ = {APPLY}, {KEY}, mutable=['batch_stats'])\nprint({APPLY}, train=False), y)",
        id="the-new-statistics-are-dropped",
    ),
    pytest.param(
        f"a, one = {APPLY}, {KEY}, mutable=['batch_stats'])\n"
        f"b, two = {APPLY}, {KEY}, mutable=['batch_stats'])",
        id="two-calls-from-the-same-statistics",
    ),
    pytest.param(
        "old = batch_stats\nstate, batch_stats, loss = step(state, batch_stats, X)\n"
        'print(state.apply_fn({"params": state.params, "batch_stats": old}, X, train=False))',
        id="old-statistics-are-kept",
    ),
    pytest.param(
        "for _ in range(2):\n    state, new, loss = step(state, batch_stats, X)",
        id="every-step-from-the-first-statistics",
    ),
    pytest.param(
        f"batch_stats = jax.tree.map(lambda s: 0.5 * s, batch_stats)\nprint({APPLY}, train=False))",
        id="statistics-are-changed-by-hand",
    ),
    pytest.param(
        f"result = {APPLY}, {KEY}, mutable=['batch_stats'])\nprint(result[0])", id="a-result-by-its-index"
    ),
    pytest.param(
        f"y, updates = {APPLY}, {KEY}, mutable=['batch_stats'])\nkept = {{'stats': updates}}",
        id="statistics-in-a-dict",
    ),
    pytest.param(
        f"y, updates = {APPLY}, {KEY}, mutable=['batch_stats', 'intermediates'])",
        id="another-collection",
    ),
    pytest.param(f"y = {APPLY}, rngs=KEYS, train=False)", id="keys-by-a-name"),
    pytest.param(
        'print(jax.vmap(lambda x: net.apply({"params": params, "batch_stats": batch_stats}, x, '
        f"{KEY}, mutable=['batch_stats'])[0])(X[None]))",
        id="statistics-under-vmap",
    ),
    pytest.param(
        "twin = net.init(jax.random.key(5), X, train=False)\n"
        'print(net.apply({"params": twin["params"], "batch_stats": batch_stats}, X, train=False))',
        id="statistics-of-another-model",
    ),
]


@pytest.mark.parametrize("style", ["functional", "stateful"])
@pytest.mark.parametrize("body", REFUSED)
def test_refused(body: str, style: Style) -> None:
    assert changed(style, after(NET, STEP, body)) is None


@pytest.mark.parametrize("style", ["functional", "stateful"])
def test_threaded_statistics_go(style: Style) -> None:
    body = """
    for _ in range(3):
        state, batch_stats, loss = step(state, batch_stats, X)
        print(loss)
    """
    new = changed(style, after(NET.replace("KEYS = {", "# keys\n_ = {"), STEP, body))
    assert new is not None
    assert "batch_stats" not in new
    assert "has_aux" not in new
    assert "rngs=nnx.Rngs(dropout=jax.random.key(2))" in new


def test_keys_of_a_model_that_draws_nothing_go() -> None:
    body = """
    class Plain(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(2)(x)

    key = jax.random.key(3)
    plain = Plain()
    params = plain.init(jax.random.key(0), X)["params"]
    print(plain.apply({"params": params}, X, rngs={"dropout": key}))
    """
    new = changed("functional", after(body))
    assert new is not None
    assert "print(plain(X))" in new
