from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training import train_state


class TrainState(train_state.TrainState):
    batch_stats: Any


class Generator(nn.Module):
    @nn.compact
    def __call__(self, z):
        x = nn.Dense(8)(z)
        x = nn.BatchNorm(use_running_average=False, momentum=0.8)(x)
        return jnp.tanh(nn.Dense(4)(nn.relu(x)))


class Discriminator(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.leaky_relu(nn.Dense(8)(x), 0.2)
        return nn.Dense(1)(x)


def make(key, model, sample, rate):
    variables = model.init(key, sample)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optax.adam(rate, b1=0.5),
    )


@jax.jit
def generator_step(generator, discriminator, z):
    def generator_loss(params):
        variables = {"params": params, "batch_stats": generator.batch_stats}
        fake, changed = generator.apply_fn(variables, z, mutable=["batch_stats"])
        logits = discriminator.apply_fn({"params": discriminator.params}, fake)
        return -jnp.mean(jax.nn.log_sigmoid(logits)), changed

    (loss, changed), grads = jax.value_and_grad(generator_loss, has_aux=True)(generator.params)
    return generator.apply_gradients(grads=grads, batch_stats=changed["batch_stats"]), loss


@jax.jit
def discriminator_step(generator, discriminator, real, z):
    variables = {"params": generator.params, "batch_stats": generator.batch_stats}
    fake, _ = generator.apply_fn(variables, z, mutable=["batch_stats"])

    def discriminator_loss(params):
        on_real = discriminator.apply_fn({"params": params}, real)
        on_fake = discriminator.apply_fn({"params": params}, fake)
        return -jnp.mean(jax.nn.log_sigmoid(on_real)) - jnp.mean(jax.nn.log_sigmoid(-on_fake))

    loss, grads = jax.value_and_grad(discriminator_loss)(discriminator.params)
    return discriminator.apply_gradients(grads=grads), loss


def main():
    real = jnp.asarray(np.random.default_rng(0).normal(size=(8, 4)), jnp.float32)
    keys = jax.random.split(jax.random.key(0), 3)
    generator = make(keys[0], Generator(), jnp.zeros((1, 3)), 1e-2)
    discriminator = make(keys[1], Discriminator(), real, 2e-2)
    for step in range(6):
        z = jax.random.normal(jax.random.fold_in(keys[2], step), (8, 3))
        discriminator, loss_d = discriminator_step(generator, discriminator, real, z)
        generator, loss_g = generator_step(generator, discriminator, z)
        print(step, float(loss_d), float(loss_g))


if __name__ == "__main__":
    main()
