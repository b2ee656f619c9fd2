from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training import train_state


class TrainState(train_state.TrainState):
    batch_stats: Any


class CNN(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.Conv(4, (3, 3), use_bias=False)(x)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        x = nn.gelu(x)
        x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.Conv(6, (3, 3), strides=2)(x)
        x = nn.GroupNorm(num_groups=3)(x)
        x = nn.relu(x)
        x = x.reshape(x.shape[0], -1)
        x = nn.Dropout(0.3, deterministic=not train)(x)
        return nn.Dense(3)(x)


@jax.jit
def train_step(state, batch, key):
    def loss_fn(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, changed = state.apply_fn(
            variables, batch["x"], train=True, rngs={"dropout": key}, mutable=["batch_stats"]
        )
        loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["y"]).mean()
        return loss, (logits, changed)

    (loss, (logits, changed)), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
    state = state.apply_gradients(grads=grads, batch_stats=changed["batch_stats"])
    accuracy = jnp.mean(logits.argmax(-1) == batch["y"])
    return state, {"loss": loss, "accuracy": accuracy}


@jax.jit
def eval_step(state, batch):
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, batch["x"], train=False)
    return jnp.mean(logits**2)


def main():
    draw = np.random.default_rng(0)
    batch = {
        "x": jnp.asarray(draw.normal(1.0, 2.0, size=(8, 8, 8, 2)), jnp.float32),
        "y": jnp.asarray(draw.integers(0, 3, 8)),
    }
    model = CNN()
    variables = model.init(jax.random.key(0), batch["x"], train=False)
    schedule = optax.warmup_cosine_decay_schedule(1e-3, 1e-2, 3, 20)
    tx = optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(schedule, momentum=0.9))
    state = TrainState.create(
        apply_fn=model.apply, params=variables["params"], batch_stats=variables["batch_stats"], tx=tx
    )
    key = jax.random.key(7)
    for step in range(6):
        state, metrics = train_step(state, batch, jax.random.fold_in(key, step))
        score = eval_step(state, batch)
        print(step, float(metrics["loss"]), float(score))


if __name__ == "__main__":
    main()
