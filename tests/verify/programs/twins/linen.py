import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Critic(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.swish(nn.Dense(8)(x))
        return nn.Dense(1)(x)[..., 0]


def make(key, x, rate):
    critic = Critic()
    params = critic.init(key, x)["params"]
    return TrainState.create(apply_fn=critic.apply, params=params, tx=optax.adam(rate))


@jax.jit
def update(state, other, x, reward):
    goal = reward + 0.5 * other.apply_fn({"params": other.params}, x)

    def critic_loss(params):
        return jnp.mean((state.apply_fn({"params": params}, x) - goal) ** 2)

    loss, grads = jax.value_and_grad(critic_loss)(state.params)
    return state.apply_gradients(grads=grads), loss


def main():
    draw = np.random.default_rng(3)
    x = jnp.asarray(draw.normal(size=(16, 3)), jnp.float32)
    first_key, second_key = jax.random.split(jax.random.key(0))
    first = make(first_key, x, 1e-2)
    second = make(second_key, x, 2e-2)
    for _ in range(5):
        first, loss = update(first, second, x, x.sum(-1))
        second, other_loss = update(second, first, x, x.prod(-1))
        print(float(loss), float(other_loss))


if __name__ == "__main__":
    main()
