import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(8, dtype=jnp.bfloat16)(x)
        x = nn.LayerNorm(dtype=jnp.bfloat16, scale_init=nn.initializers.normal(1.0))(x)
        return nn.Dense(2, dtype=jnp.bfloat16)(nn.relu(x)).astype(jnp.float32)


@jax.jit
def train_step(state, x, y):
    def loss_fn(params):
        return jnp.mean((state.apply_fn({"params": params}, x) - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss


def main():
    draw = np.random.default_rng(0)
    x, y = jnp.asarray(draw.normal(size=(16, 4)), jnp.float32), jnp.asarray(draw.normal(size=(16, 2)))
    model = Net()
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.05))
    for _ in range(5):
        state, loss = train_step(state, x, y)
        print(float(loss))


if __name__ == "__main__":
    main()
