import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.layers = nnx.List(
            [nnx.Linear(3, 8, rngs=rngs), nnx.Linear(8, 8, rngs=rngs), nnx.Linear(8, 1, rngs=rngs)]
        )

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = nnx.silu(layer(x))
        return self.layers[-1](x)


def main():
    draw = np.random.default_rng(0)
    xs = jnp.asarray(draw.normal(size=(8, 16, 3)), jnp.float32)
    ys = jnp.sin(xs.sum(-1, keepdims=True))
    net = Net(rngs=nnx.Rngs(2))
    tx = optax.adamw(5e-3, weight_decay=1e-2)
    optimizer = nnx.Optimizer(net, tx, wrt=nnx.Param)

    def loss_fn(net, x, y):
        return jnp.mean(jnp.abs(net(x) - y))

    def body(carry, batch):
        net, optimizer = carry
        loss, grads = nnx.value_and_grad(loss_fn)(net, *batch)
        updates = optimizer.update(net, grads)
        return (net, optimizer), (loss, optax.global_norm(updates))

    @jax.jit
    def train(net, optimizer):
        return jax.lax.scan(body, (net, optimizer), (xs, ys))

    _, (losses, norms) = train(net, optimizer)
    print(losses, norms)


if __name__ == "__main__":
    main()
