import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Critic(nnx.Module):
    def __init__(self, *, rngs):
        self.Dense_0 = nnx.Linear(3, 8, rngs=rngs)
        self.Dense_1 = nnx.Linear(8, 1, rngs=rngs)

    def __call__(self, x):
        x = nnx.swish(self.Dense_0(x))
        return self.Dense_1(x)[..., 0]


def make(seed, rate):
    critic = Critic(rngs=nnx.Rngs(seed))
    return critic, nnx.Optimizer(critic, optax.adam(rate), wrt=nnx.Param)


@nnx.jit
def update(critic, optimizer, other, x, reward):
    goal = reward + 0.5 * other(x)

    def critic_loss(critic):
        return jnp.mean((critic(x) - goal) ** 2)

    loss, grads = nnx.value_and_grad(critic_loss)(critic)
    optimizer.update(critic, grads)
    return loss


def main():
    draw = np.random.default_rng(3)
    x = jnp.asarray(draw.normal(size=(16, 3)), jnp.float32)
    first, first_optimizer = make(0, 1e-2)
    second, second_optimizer = make(1, 2e-2)
    for _ in range(5):
        loss = update(first, first_optimizer, second, x, x.sum(-1))
        other_loss = update(second, second_optimizer, first, x, x.prod(-1))
        print(float(loss), float(other_loss))


if __name__ == "__main__":
    main()
