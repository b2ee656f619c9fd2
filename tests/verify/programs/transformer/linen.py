import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

WIDTH, LENGTH, VOCABULARY = 8, 6, 11


class Block(nn.Module):
    @nn.compact
    def __call__(self, x, mask, train):
        y = nn.LayerNorm()(x)
        y = nn.MultiHeadDotProductAttention(num_heads=2, dropout_rate=0.1, deterministic=not train)(
            y, y, mask=mask
        )
        x = x + y
        y = nn.LayerNorm()(x)
        y = nn.gelu(nn.Dense(2 * WIDTH)(y))
        y = nn.Dropout(0.2, deterministic=not train)(y)
        return x + nn.Dense(WIDTH)(y)


class Transformer(nn.Module):
    layers: int = 2

    @nn.compact
    def __call__(self, tokens, train):
        embed = nn.Embed(VOCABULARY, WIDTH)
        position = self.param("position", nn.initializers.normal(0.02), (LENGTH, WIDTH))
        x = embed(tokens) + position
        mask = nn.make_causal_mask(tokens)
        for _ in range(self.layers):
            x = Block()(x, mask, train)
        return embed.attend(nn.LayerNorm()(x))


@jax.jit
def train_step(state, tokens, key):
    key = jax.random.fold_in(key, state.step)

    def loss_fn(params):
        logits = state.apply_fn({"params": params}, tokens, train=True, rngs={"dropout": key})
        losses = optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], tokens[:, 1:])
        return losses.mean()

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss


@jax.jit
def predict(state, tokens):
    return state.apply_fn({"params": state.params}, tokens, train=False)


def main():
    draw = np.random.default_rng(1)
    tokens = jnp.asarray(draw.integers(0, VOCABULARY, (4, LENGTH)))
    model = Transformer()
    params = model.init(jax.random.key(0), tokens, train=False)["params"]
    decayed = jax.tree.map(lambda leaf: leaf.ndim > 1, params)
    tx = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(3e-3, b1=0.9, b2=0.98, weight_decay=0.1, mask=decayed),
    )
    state = TrainState.create(apply_fn=model.apply, params=params, tx=tx)
    key = jax.random.key(3)
    for step in range(6):
        state, loss = train_step(state, tokens, key)
        logits = predict(state, tokens)
        print(step, float(loss), float(logits.sum()))


if __name__ == "__main__":
    main()
