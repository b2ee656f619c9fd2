import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


def optimizer_one_step(seed, x, y, lr):
    model = nn.Dense(y.shape[-1])
    params = model.init(jax.random.key(int(seed)), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(lr))

    def loss_fn(params, x, y):
        pred = state.apply_fn({"params": params}, x)
        return jnp.mean((pred - y) ** 2)

    loss_before = loss_fn(state.params, x, y)
    _, grads = jax.value_and_grad(loss_fn)(state.params, x, y)
    state = state.apply_gradients(grads=grads)
    loss_after = loss_fn(state.params, x, y)
    return jnp.array([float(loss_before), float(loss_after)])
