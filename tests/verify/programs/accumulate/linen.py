import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3,), padding="VALID", kernel_dilation=2)(x)
        x = nn.tanh(nn.InstanceNorm()(x))
        x = nn.avg_pool(x, (2,), strides=(2,))
        x = nn.DenseGeneral(5, axis=(-2, -1))(x)
        return nn.Dense(1, use_bias=False)(nn.softplus(x))


@jax.jit
def train_step(state, x, y):
    def loss_fn(params):
        prediction = state.apply_fn({"params": params}, x)
        penalty = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(params))
        return jnp.mean((prediction - y) ** 2) + 1e-3 * penalty

    grads = jax.grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), optax.global_norm(grads)


def main():
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.normal(size=(6, 10, 3)), jnp.float32)
    y = jnp.asarray(draw.normal(size=(6, 1)), jnp.float32)
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    tx = optax.MultiSteps(optax.adam(1e-2), every_k_schedule=2)
    state = TrainState.create(apply_fn=model.apply, params=params, tx=tx)
    for step in range(6):
        state, norm = train_step(state, x + 0.1 * step, y)
        print(float(norm))


if __name__ == "__main__":
    main()
