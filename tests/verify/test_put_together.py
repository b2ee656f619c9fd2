"""Modules that a call puts together from the layers of a model: they have their initial values already."""

from __future__ import annotations

from pathlib import Path

from tests.verify.planting import compare

BEFORE = """
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

X = jnp.linspace(-1.0, 1.0, 12).reshape(4, 3)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.Dense(4), nn.relu, nn.Dense(2)])(x)


@jax.jit
def step(state):
    def loss_fn(params):
        return jnp.mean(state.apply_fn({"params": params}, X) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss


net = Net()
params = net.init(jax.random.key(0), X)["params"]
state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(1e-2))
for _ in range(4):
    state, loss = step(state)
"""
AFTER = """
import jax.numpy as jnp
import optax
from flax import nnx

X = jnp.linspace(-1.0, 1.0, 12).reshape(4, 3)


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.Dense_0 = nnx.Linear(3, 4, rngs=rngs)
        self.Dense_1 = nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x):
        return nnx.Sequential(self.Dense_0, nnx.relu, self.Dense_1)(x)


@nnx.jit
def step(net, optimizer):
    loss, grads = nnx.value_and_grad(lambda net: jnp.mean(net(X) ** 2))(net)
    optimizer.update(net, grads)
    return loss


net = Net(rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(net, optax.adam(1e-2), wrt=nnx.Param)
for _ in range(4):
    loss = step(net, optimizer)
"""


def test_a_sequence_that_each_call_makes(tmp_path: Path) -> None:
    report = compare(tmp_path, BEFORE, AFTER)
    assert report.verdict == "pass", report.message
    assert "identical bits" in report.message


def test_another_order_is_a_difference(tmp_path: Path) -> None:
    report = compare(tmp_path, BEFORE, AFTER.replace("nnx.relu, ", "nnx.tanh, "))
    assert report.verdict == "fail", report.message
