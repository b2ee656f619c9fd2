import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Generator(nnx.Module):
    def __init__(self, *, rngs):
        self.Dense_0 = nnx.Linear(3, 8, rngs=rngs)
        self.BatchNorm_0 = nnx.BatchNorm(8, use_running_average=False, momentum=0.8, rngs=rngs)
        self.Dense_1 = nnx.Linear(8, 4, rngs=rngs)

    def __call__(self, z):
        x = self.Dense_0(z)
        x = self.BatchNorm_0(x)
        return jnp.tanh(self.Dense_1(nnx.relu(x)))


class Discriminator(nnx.Module):
    def __init__(self, *, rngs):
        self.Dense_0 = nnx.Linear(4, 8, rngs=rngs)
        self.Dense_1 = nnx.Linear(8, 1, rngs=rngs)

    def __call__(self, x):
        x = nnx.leaky_relu(self.Dense_0(x), 0.2)
        return self.Dense_1(x)


def make(model, rate):
    return model, nnx.Optimizer(model, optax.adam(rate, b1=0.5), wrt=nnx.Param)


@nnx.jit
def generator_step(generator, optimizer, discriminator, z):
    def generator_loss(generator):
        fake = generator(z)
        logits = discriminator(fake)
        return -jnp.mean(jax.nn.log_sigmoid(logits))

    loss, grads = nnx.value_and_grad(generator_loss)(generator)
    optimizer.update(generator, grads)
    return loss


@nnx.jit
def discriminator_step(generator, discriminator, optimizer, real, z):
    fake = nnx.clone(generator)(z)

    def discriminator_loss(discriminator):
        on_real = discriminator(real)
        on_fake = discriminator(fake)
        return -jnp.mean(jax.nn.log_sigmoid(on_real)) - jnp.mean(jax.nn.log_sigmoid(-on_fake))

    loss, grads = nnx.value_and_grad(discriminator_loss)(discriminator)
    optimizer.update(discriminator, grads)
    return loss


def main():
    real = jnp.asarray(np.random.default_rng(0).normal(size=(8, 4)), jnp.float32)
    keys = jax.random.split(jax.random.key(0), 3)
    generator, optimizer_g = make(Generator(rngs=nnx.Rngs(keys[0])), 1e-2)
    discriminator, optimizer_d = make(Discriminator(rngs=nnx.Rngs(keys[1])), 2e-2)
    for step in range(6):
        z = jax.random.normal(jax.random.fold_in(keys[2], step), (8, 3))
        loss_d = discriminator_step(generator, discriminator, optimizer_d, real, z)
        loss_g = generator_step(generator, optimizer_g, discriminator, z)
        print(step, float(loss_d), float(loss_g))


if __name__ == "__main__":
    main()
