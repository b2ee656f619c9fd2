import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

TAU = 0.1


class Critic(nnx.Module):
    def __init__(self, *, rngs):
        self.Dense_0 = nnx.Linear(3, 8, rngs=rngs)
        self.LayerNorm_0 = nnx.LayerNorm(8, rngs=rngs)
        self.Dense_1 = nnx.Linear(8, 1, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.LayerNorm_0(self.Dense_0(x)))
        return self.Dense_1(x)[..., 0]


class Agent(nnx.Module):
    def __init__(self, critic):
        self.critic = critic
        self.optimizer = nnx.Optimizer(critic, optax.adam(1e-2), wrt=nnx.Param)
        self.target = nnx.clone(critic)
        self.ema_params = nnx.data(nnx.clone(nnx.state(critic, nnx.Param)))


@nnx.jit
def update(agent, x, reward, following):
    goal = reward + 0.9 * agent.target(following)

    def critic_loss(critic):
        return optax.huber_loss(critic(x), goal).mean()

    loss, grads = nnx.value_and_grad(critic_loss)(agent.critic)
    agent.optimizer.update(agent.critic, grads)
    params = nnx.state(agent.critic, nnx.Param)
    target = optax.incremental_update(params, nnx.state(agent.target, nnx.Param), TAU)
    nnx.update(agent.target, target)
    ema = jax.tree.map(lambda old, new: 0.8 * old + 0.2 * new, agent.ema_params, params)
    nnx.update(agent.ema_params, ema)
    return loss


def main():
    draw = np.random.default_rng(4)
    x, following = (jnp.asarray(draw.normal(size=(16, 3)), jnp.float32) for _ in range(2))
    reward = x.sum(-1)
    agent = Agent(Critic(rngs=nnx.Rngs(5)))
    for _ in range(6):
        loss = update(agent, x, reward, following)
        print(float(loss))


if __name__ == "__main__":
    main()
