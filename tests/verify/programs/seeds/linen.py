import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

X = jnp.asarray(np.random.default_rng(0).normal(size=(12, 4)), jnp.float32)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.tanh(nn.Dense(6, name="encoder")(x))
        return nn.Dense(4, name="decoder")(x)


def train(key):
    net = Net()
    state = TrainState.create(
        apply_fn=net.apply, params=net.init(key, X)["params"], tx=optax.lion(1e-2, weight_decay=0.0)
    )

    def step(_, carry):
        state, total = carry
        loss, grads = jax.value_and_grad(
            lambda params: jnp.mean((state.apply_fn({"params": params}, X) - X) ** 2)
        )(state.params)
        return state.apply_gradients(grads=grads), total + loss

    return jax.lax.fori_loop(0, 6, step, (state, 0.0))[1]


if __name__ == "__main__":
    print(jax.jit(jax.vmap(train))(jax.random.split(jax.random.key(0), 3)))
