import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

X = jnp.asarray(np.random.default_rng(0).normal(size=(12, 4)), jnp.float32)


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.encoder = nnx.Linear(4, 6, rngs=rngs)
        self.decoder = nnx.Linear(6, 4, rngs=rngs)

    def __call__(self, x):
        x = nnx.tanh(self.encoder(x))
        return self.decoder(x)


def train(key):
    net = Net(rngs=nnx.Rngs(key))
    optimizer = nnx.Optimizer(net, optax.lion(1e-2, weight_decay=0.0), wrt=nnx.Param)

    def step(_, carry):
        net, optimizer, total = carry
        loss, grads = nnx.value_and_grad(lambda net: jnp.mean((net(X) - X) ** 2))(net)
        optimizer.update(net, grads)
        return net, optimizer, total + loss

    return jax.lax.fori_loop(0, 6, step, (net, optimizer, 0.0))[2]


if __name__ == "__main__":
    print(jax.jit(jax.vmap(train))(jax.random.split(jax.random.key(0), 3)))
