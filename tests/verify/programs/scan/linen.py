import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn


class Net(nn.Module):
    def setup(self):
        self.layers = [nn.Dense(8), nn.Dense(8), nn.Dense(1)]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = nn.silu(layer(x))
        return self.layers[-1](x)


def main():
    draw = np.random.default_rng(0)
    xs = jnp.asarray(draw.normal(size=(8, 16, 3)), jnp.float32)
    ys = jnp.sin(xs.sum(-1, keepdims=True))
    net = Net()
    params = net.init(jax.random.key(2), xs[0])
    tx = optax.adamw(5e-3, weight_decay=1e-2)
    opt_state = tx.init(params)

    def loss_fn(params, x, y):
        return jnp.mean(jnp.abs(net.apply(params, x) - y))

    def body(carry, batch):
        params, opt_state = carry
        loss, grads = jax.value_and_grad(loss_fn)(params, *batch)
        updates, opt_state = tx.update(grads, opt_state, params)
        params = optax.apply_updates(params, updates)
        return (params, opt_state), (loss, optax.global_norm(updates))

    @jax.jit
    def train(params, opt_state):
        return jax.lax.scan(body, (params, opt_state), (xs, ys))

    _, (losses, norms) = train(params, opt_state)
    print(losses, norms)


if __name__ == "__main__":
    main()
