import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

WIDTH, LENGTH, VOCABULARY = 8, 6, 11


class Block(nnx.Module):
    def __init__(self, *, rngs):
        self.LayerNorm_0 = nnx.LayerNorm(WIDTH, rngs=rngs)
        self.MultiHeadDotProductAttention_0 = nnx.MultiHeadAttention(
            num_heads=2, in_features=WIDTH, dropout_rate=0.1, decode=False, rngs=rngs
        )
        self.LayerNorm_1 = nnx.LayerNorm(WIDTH, rngs=rngs)
        self.Dense_0 = nnx.Linear(WIDTH, 2 * WIDTH, rngs=rngs)
        self.Dropout_0 = nnx.Dropout(0.2)
        self.Dense_1 = nnx.Linear(2 * WIDTH, WIDTH, rngs=rngs)

    def __call__(self, x, mask, train, rngs=None):
        y = self.LayerNorm_0(x)
        y = self.MultiHeadDotProductAttention_0(y, y, mask=mask, deterministic=not train, rngs=rngs)
        x = x + y
        y = self.LayerNorm_1(x)
        y = nnx.gelu(self.Dense_0(y))
        y = self.Dropout_0(y, deterministic=not train, rngs=rngs)
        return x + self.Dense_1(y)


class Transformer(nnx.Module):
    def __init__(self, layers=2, *, rngs):
        self.Embed_0 = nnx.Embed(VOCABULARY, WIDTH, rngs=rngs)
        self.position = nnx.Param(nnx.initializers.normal(0.02)(rngs.params(), (LENGTH, WIDTH)))
        self.layers = layers
        for index in range(layers):
            setattr(self, f"Block_{index}", Block(rngs=rngs))
        self.LayerNorm_0 = nnx.LayerNorm(WIDTH, rngs=rngs)

    def __call__(self, tokens, train, rngs=None):
        x = self.Embed_0(tokens) + self.position[...]
        mask = nnx.make_causal_mask(tokens)
        for index in range(self.layers):
            x = getattr(self, f"Block_{index}")(x, mask, train, rngs=rngs)
        return self.Embed_0.attend(self.LayerNorm_0(x))


@nnx.jit
def train_step(model, optimizer, tokens, key):
    key = jax.random.fold_in(key, optimizer.step[...])

    def loss_fn(model):
        logits = model(tokens, train=True, rngs=nnx.Rngs(dropout=key))
        losses = optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], tokens[:, 1:])
        return losses.mean()

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return loss


@nnx.jit
def predict(model, tokens):
    return model(tokens, train=False)


def main():
    draw = np.random.default_rng(1)
    tokens = jnp.asarray(draw.integers(0, VOCABULARY, (4, LENGTH)))
    model = Transformer(rngs=nnx.Rngs(0))
    tx = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(
            3e-3,
            b1=0.9,
            b2=0.98,
            weight_decay=0.1,
            mask=lambda params: jax.tree.map(lambda leaf: leaf.ndim > 1, params),
        ),
    )
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    key = jax.random.key(3)
    for step in range(6):
        loss = train_step(model, optimizer, tokens, key)
        logits = predict(model, tokens)
        print(step, float(loss), float(logits.sum()))


if __name__ == "__main__":
    main()
