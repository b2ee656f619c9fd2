import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.conv = nnx.Conv(3, 4, (3,), padding="VALID", kernel_dilation=2, rngs=rngs)
        self.norm = nnx.InstanceNorm(4, rngs=rngs)
        self.mix = nnx.LinearGeneral((3, 4), 5, axis=(-2, -1), rngs=rngs)
        self.head = nnx.Linear(5, 1, use_bias=False, rngs=rngs)

    def __call__(self, x):
        x = self.conv(x)
        x = nnx.tanh(self.norm(x))
        x = nnx.avg_pool(x, (2,), strides=(2,))
        x = self.mix(x)
        return self.head(nnx.softplus(x))


@nnx.jit
def train_step(model, optimizer, x, y):
    def loss_fn(model):
        prediction = model(x)
        penalty = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))
        return jnp.mean((prediction - y) ** 2) + 1e-3 * penalty

    grads = nnx.grad(loss_fn)(model)
    optimizer.update(model, grads)
    return optax.global_norm(grads)


def main():
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.normal(size=(6, 10, 3)), jnp.float32)
    y = jnp.asarray(draw.normal(size=(6, 1)), jnp.float32)
    model = Net(rngs=nnx.Rngs(0))
    tx = optax.MultiSteps(optax.adam(1e-2), every_k_schedule=2)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    for step in range(6):
        norm = train_step(model, optimizer, x + 0.1 * step, y)
        print(float(norm))


if __name__ == "__main__":
    main()
