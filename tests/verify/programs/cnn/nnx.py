import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class CNN(nnx.Module):
    def __init__(self, *, rngs):
        self.Conv_0 = nnx.Conv(2, 4, (3, 3), use_bias=False, rngs=rngs)
        self.BatchNorm_0 = nnx.BatchNorm(4, momentum=0.9, rngs=rngs)
        self.Conv_1 = nnx.Conv(4, 6, (3, 3), strides=2, rngs=rngs)
        self.GroupNorm_0 = nnx.GroupNorm(6, num_groups=3, rngs=rngs)
        self.Dropout_0 = nnx.Dropout(0.3)
        self.Dense_0 = nnx.Linear(24, 3, rngs=rngs)

    def __call__(self, x, train, rngs=None):
        x = self.Conv_0(x)
        x = self.BatchNorm_0(x, use_running_average=not train)
        x = nnx.gelu(x)
        x = nnx.max_pool(x, (2, 2), strides=(2, 2))
        x = self.Conv_1(x)
        x = self.GroupNorm_0(x)
        x = nnx.relu(x)
        x = x.reshape(x.shape[0], -1)
        x = self.Dropout_0(x, deterministic=not train, rngs=rngs)
        return self.Dense_0(x)


@nnx.jit
def train_step(model, optimizer, batch, key):
    def loss_fn(model):
        logits = model(batch["x"], train=True, rngs=nnx.Rngs(dropout=key))
        loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["y"]).mean()
        return loss, logits

    (loss, logits), grads = nnx.value_and_grad(loss_fn, has_aux=True)(model)
    optimizer.update(model, grads)
    accuracy = jnp.mean(logits.argmax(-1) == batch["y"])
    return {"loss": loss, "accuracy": accuracy}


@nnx.jit
def eval_step(model, batch):
    logits = model(batch["x"], train=False)
    return jnp.mean(logits**2)


def main():
    draw = np.random.default_rng(0)
    batch = {
        "x": jnp.asarray(draw.normal(1.0, 2.0, size=(8, 8, 8, 2)), jnp.float32),
        "y": jnp.asarray(draw.integers(0, 3, 8)),
    }
    model = CNN(rngs=nnx.Rngs(0))
    schedule = optax.warmup_cosine_decay_schedule(1e-3, 1e-2, 3, 20)
    tx = optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(schedule, momentum=0.9))
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    key = jax.random.key(7)
    for step in range(6):
        metrics = train_step(model, optimizer, batch, jax.random.fold_in(key, step))
        score = eval_step(model, batch)
        print(step, float(metrics["loss"]), float(score))


if __name__ == "__main__":
    main()
