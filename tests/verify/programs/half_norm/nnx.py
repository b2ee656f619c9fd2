import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.Dense_0 = nnx.Linear(4, 8, dtype=jnp.bfloat16, rngs=rngs)
        self.LayerNorm_0 = nnx.LayerNorm(
            8,
            dtype=jnp.bfloat16,
            scale_init=nnx.initializers.normal(1.0),
            promote_dtype=lambda args, dtype=None, **_: args,
            rngs=rngs,
        )
        self.Dense_1 = nnx.Linear(8, 2, dtype=jnp.bfloat16, rngs=rngs)

    def __call__(self, x):
        x = self.Dense_0(x)
        x = self.LayerNorm_0(x)
        return self.Dense_1(nnx.relu(x)).astype(jnp.float32)


@nnx.jit
def train_step(model, optimizer, x, y):
    def loss_fn(model):
        return jnp.mean((model(x) - y) ** 2)

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return loss


def main():
    draw = np.random.default_rng(0)
    x, y = jnp.asarray(draw.normal(size=(16, 4)), jnp.float32), jnp.asarray(draw.normal(size=(16, 2)))
    model = Net(rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.05), wrt=nnx.Param)
    for _ in range(5):
        loss = train_step(model, optimizer, x, y)
        print(float(loss))


if __name__ == "__main__":
    main()
