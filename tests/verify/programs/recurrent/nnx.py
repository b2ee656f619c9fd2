import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Tagger(nnx.Module):
    def __init__(self, *, rngs):
        self.forward_rnn = nnx.RNN(nnx.LSTMCell(3, 6, rngs=rngs), rngs=rngs)
        self.backward_rnn = nnx.RNN(
            nnx.OptimizedLSTMCell(6, 5, rngs=rngs), reverse=True, keep_order=True, rngs=rngs
        )
        self.head = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, x):
        return self.head(self.backward_rnn(self.forward_rnn(x)))


@nnx.jit
def train_step(model, optimizer, x, y):
    def loss_fn(model):
        return optax.l2_loss(model(x), y).mean()

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return loss


def main():
    draw = np.random.default_rng(2)
    x = jnp.asarray(draw.normal(size=(4, 7, 3)), jnp.float32)
    y = jnp.asarray(draw.normal(size=(4, 7, 2)), jnp.float32)
    model = Tagger(rngs=nnx.Rngs(0))
    tx = optax.rmsprop(optax.exponential_decay(1e-2, 2, 0.5), decay=0.9)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    for _ in range(6):
        loss = train_step(model, optimizer, x, y)
        print(float(loss))


if __name__ == "__main__":
    main()
