import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

STEPS = 5


class MLP(nnx.Module):
    def __init__(self, hidden, *, in_features, rngs):
        self.Dense_0 = nnx.Linear(in_features, hidden, rngs=rngs)
        self.Dense_1 = nnx.Linear(hidden, 3, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.Dense_0(x))
        return self.Dense_1(x)


@nnx.jit
def train_step(model, optimizer, x, y):
    def loss_fn(model):
        logits = model(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return loss


def main():
    rng = np.random.default_rng(0)
    x, y = jnp.asarray(rng.normal(size=(32, 6)), jnp.float32), jnp.asarray(rng.integers(0, 3, 32))
    model = MLP(hidden=8, in_features=x.shape[-1], rngs=nnx.Rngs(1))
    optimizer = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)
    for _ in range(STEPS):
        loss = train_step(model, optimizer, x, y)
        print(f"{loss:.4f}")


if __name__ == "__main__":
    main()
