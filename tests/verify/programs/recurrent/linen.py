import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Tagger(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.RNN(nn.LSTMCell(6))(x)
        x = nn.RNN(nn.OptimizedLSTMCell(5), reverse=True, keep_order=True)(x)
        return nn.Dense(2)(x)


@jax.jit
def train_step(state, x, y):
    def loss_fn(params):
        return optax.l2_loss(state.apply_fn({"params": params}, x), y).mean()

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss


def main():
    draw = np.random.default_rng(2)
    x = jnp.asarray(draw.normal(size=(4, 7, 3)), jnp.float32)
    y = jnp.asarray(draw.normal(size=(4, 7, 2)), jnp.float32)
    model = Tagger()
    params = model.init(jax.random.key(0), x)["params"]
    tx = optax.rmsprop(optax.exponential_decay(1e-2, 2, 0.5), decay=0.9)
    state = TrainState.create(apply_fn=model.apply, params=params, tx=tx)
    for _ in range(6):
        state, loss = train_step(state, x, y)
        print(float(loss))


if __name__ == "__main__":
    main()
