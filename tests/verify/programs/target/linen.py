from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training import train_state

TAU = 0.1


class Critic(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.LayerNorm()(nn.Dense(8)(x)))
        return nn.Dense(1)(x)[..., 0]


class TrainState(train_state.TrainState):
    target_params: Any
    ema_params: Any


@jax.jit
def update(state, x, reward, following):
    goal = reward + 0.9 * state.apply_fn({"params": state.target_params}, following)

    def critic_loss(params):
        return optax.huber_loss(state.apply_fn({"params": params}, x), goal).mean()

    loss, grads = jax.value_and_grad(critic_loss)(state.params)
    state = state.apply_gradients(grads=grads)
    target = optax.incremental_update(state.params, state.target_params, TAU)
    ema = jax.tree.map(lambda old, new: 0.8 * old + 0.2 * new, state.ema_params, state.params)
    return state.replace(target_params=target, ema_params=ema), loss


def main():
    draw = np.random.default_rng(4)
    x, following = (jnp.asarray(draw.normal(size=(16, 3)), jnp.float32) for _ in range(2))
    reward = x.sum(-1)
    model = Critic()
    params = model.init(jax.random.key(5), x)["params"]
    state = TrainState.create(
        apply_fn=model.apply, params=params, target_params=params, ema_params=params, tx=optax.adam(1e-2)
    )
    for _ in range(6):
        state, loss = update(state, x, reward, following)
        print(float(loss))


if __name__ == "__main__":
    main()
