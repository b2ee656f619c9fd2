import jax.numpy as jnp
import optax
from flax import nnx


def optimizer_one_step(seed, x, y, lr):
    model = nnx.Linear(x.shape[-1], y.shape[-1], rngs=nnx.Rngs(int(seed)))
    optimizer = nnx.Optimizer(model, optax.sgd(lr), wrt=nnx.Param)

    def loss_fn(model, x, y):
        pred = model(x)
        return jnp.mean((pred - y) ** 2)

    loss_before = loss_fn(model, x, y)
    _, grads = nnx.value_and_grad(loss_fn)(model, x, y)
    optimizer.update(model, grads)
    loss_after = loss_fn(model, x, y)
    return jnp.array([float(loss_before), float(loss_after)])
