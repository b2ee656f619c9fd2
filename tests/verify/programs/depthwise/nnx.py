import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, rngs):
        self.LayerNorm_0 = nnx.LayerNorm(2, rngs=rngs)
        self.Conv_0 = nnx.Conv(2, 4, (3, 3), rngs=rngs)
        self.Conv_1 = nnx.Conv(4, 6, (3, 3), feature_group_count=2, rngs=rngs)
        self.LayerNorm_1 = nnx.LayerNorm(6, use_bias=False, rngs=rngs)
        self.Dropout_0 = nnx.Dropout(0.2)
        self.Dense_0 = nnx.Linear(6, 2, rngs=rngs)

    def __call__(self, x, train, rngs=None):
        x = self.LayerNorm_0(x)
        x = nnx.elu(self.Conv_0(x))
        x = nnx.elu(self.Conv_1(x))
        x = self.LayerNorm_1(x)
        x = self.Dropout_0(x, deterministic=not train, rngs=rngs)
        return self.Dense_0(x.mean((1, 2)))


@jax.jit
def train_step(model, optimizer, x, y, key):
    def loss_fn(model):
        logits = model(x, train=True, rngs=nnx.Rngs(dropout=key))
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return (model, optimizer), loss


@jax.jit
def accuracy(model, x, y):
    logits = model(x, train=False)
    return jnp.mean(logits.argmax(-1) == y)


def main():
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.normal(3e3, 1.0, size=(6, 6, 6, 2)), jnp.float32)
    y = jnp.asarray(draw.integers(0, 2, 6))
    model = Net(rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adagrad(1e-2), wrt=nnx.Param)
    key = jax.random.key(1)
    for _ in range(5):
        key, step_key = jax.random.split(key)
        (model, optimizer), loss = train_step(model, optimizer, x, y, step_key)
        print(int(optimizer.step[...]), float(loss), float(accuracy(model, x, y)))


if __name__ == "__main__":
    main()
