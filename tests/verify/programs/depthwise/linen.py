import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.LayerNorm()(x)
        x = nn.elu(nn.Conv(4, (3, 3))(x))
        x = nn.elu(nn.Conv(6, (3, 3), feature_group_count=2)(x))
        x = nn.LayerNorm(use_bias=False)(x)
        x = nn.Dropout(0.2, deterministic=not train)(x)
        return nn.Dense(2)(x.mean((1, 2)))


@jax.jit
def train_step(state, x, y, key):
    def loss_fn(params):
        logits = state.apply_fn({"params": params}, x, train=True, rngs={"dropout": key})
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss


@jax.jit
def accuracy(state, x, y):
    logits = state.apply_fn({"params": state.params}, x, train=False)
    return jnp.mean(logits.argmax(-1) == y)


def main():
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.normal(3e3, 1.0, size=(6, 6, 6, 2)), jnp.float32)
    y = jnp.asarray(draw.integers(0, 2, 6))
    model = Net()
    params = model.init(jax.random.key(0), x, train=False)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.adagrad(1e-2))
    key = jax.random.key(1)
    for _ in range(5):
        key, step_key = jax.random.split(key)
        state, loss = train_step(state, x, y, step_key)
        print(int(state.step), float(loss), float(accuracy(state, x, y)))


if __name__ == "__main__":
    main()
