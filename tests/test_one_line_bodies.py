"""Bodies that stand on the line of their header: `def loss_fn(params): return ...`."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

net = nn.Dense(2)


"""
CREATE = """\


def main(x, again):
    params = net.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.1))
    {line}
    return state
"""
GRADS = "grads = jax.grad(lambda params: jnp.mean(net.apply({'params': params}, x)))(state.params)"
STEP = """\
def step(state, x):
    {line}
    return state.apply_gradients(grads=jax.grad(loss_fn)(state.params))
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            'def loss_fn(params): return jnp.mean(net.apply({"params": params}, x) ** 2)',
            "    def loss_fn(model): return jnp.mean(model(x) ** 2)\n",
            id="function",
        ),
        pytest.param(
            'def loss_fn(params): return jnp.mean(net.apply({"params": params}, x) ** 2)  # squared',
            "    def loss_fn(model): return jnp.mean(model(x) ** 2)  # squared\n",
            id="comment",
        ),
        pytest.param(
            'def loss_fn(params): y = net.apply({"params": params}, x); return jnp.mean(y ** 2)',
            "    def loss_fn(model): y = model(x); return jnp.mean(y ** 2)\n",
            id="two-statements",
        ),
    ],
)
def test_a_loss_on_one_line(line: str, expected: str) -> None:
    text = HEAD + STEP.format(line=line) + CREATE.format(line="state = step(state, x)")
    assert expected in migrate_sources({"train.py": text}).changed["train.py"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            "if again: state = step(state, x)",
            "    if again: model, optimizer = step(model, optimizer, x)\n",
            id="if",
        ),
        pytest.param(
            "while again: state = step(state, x); again = False",
            "    while again: model, optimizer = step(model, optimizer, x); again = False\n",
            id="two-statements",
        ),
        pytest.param(
            "if again: state = state.apply_gradients(grads=grads)",
            "    if again: optimizer.update(model, grads)\n",
            id="a-statement-that-is-replaced",
        ),
        pytest.param(
            "for _ in range(100000000000000): state = step(state, x)  # for as long as anybody can wait",
            "    for _ in range(100000000000000):\n"
            "        model, optimizer = step(model, optimizer, x)  # for as long as anybody can wait\n",
            id="no-room-left",
        ),
        pytest.param(
            "try: state = step(state, x)\n    except ValueError: pass\n    else: state = step(state, x)",
            "    try: model, optimizer = step(model, optimizer, x)\n"
            "    except ValueError: pass\n"
            "    else: model, optimizer = step(model, optimizer, x)\n",
            id="try",
        ),
    ],
)
def test_an_update_on_one_line(line: str, expected: str) -> None:
    loss = 'def loss_fn(params): return jnp.mean(net.apply({"params": params}, x) ** 2)'
    text = (
        HEAD + STEP.format(line=loss) + CREATE.format(line=f"state = step(state, x)\n    {GRADS}\n    {line}")
    )
    assert expected in migrate_sources({"train.py": text}).changed["train.py"]
