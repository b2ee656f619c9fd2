"""The top of a Linen program, so that a test shows only the lines that it is about."""

from __future__ import annotations

from textwrap import dedent

IMPORTS = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

X = jnp.ones((4, 3))
Y = jnp.ones((4, 2))
"""
NET = """

class Net(nn.Module):
    hidden: int = 5

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(nn.tanh(nn.Dense(self.hidden)(x)))
"""
CREATE = """

def create(seed):
    net = Net()
    params = net.init(jax.random.key(seed), X)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.1))
"""
STEP = """

def step(state, x):
    def loss_fn(params):
        return jnp.mean((state.apply_fn({"params": params}, x) - Y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss
"""
CHECKED_STEP = """

def step(state, x):
    def loss_fn(params):
        return jnp.mean((state.apply_fn({"params": params}, x) - Y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    state = state.apply_gradients(grads=grads)
    if not jnp.isfinite(loss):
        raise FloatingPointError
    return state, loss
"""
JITTED_STEP = STEP.replace("def step", "@jax.jit\ndef step", 1)


def after(*parts: str) -> str:
    """The parts, the last of which is dedented, after the imports."""
    *earlier, last = parts
    return "".join([IMPORTS, *earlier, "\n\n", dedent(last).strip("\n"), "\n"])
