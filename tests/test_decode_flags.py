"""Attention with a cache: the flag goes on as it is; NNX makes the cache by `init_cache`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from benchmarks.modules.pairing import copy_into, redrawn
from migrate.core import migrate_sources

DECODER = """
import flax.linen as nn


class Decoder(nn.Module):
    heads: int
    decode: bool = False

    @nn.compact
    def __call__(self, x):
        mask = None if self.decode else nn.make_causal_mask(x[..., 0])
        x = x + nn.SelfAttention(self.heads, decode=self.decode, name="attention")(nn.LayerNorm()(x), mask)
        return nn.Dense(3)(x)
"""
STEPS, WIDTH = 4, 6


def scope_of(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), scope)
    return scope


def test_steps_with_a_cache_give_the_same_bits() -> None:
    new = migrate_sources({"model.py": DECODER}).changed["model.py"]
    assert "decode=self.decode" in new
    linen, sample = scope_of(DECODER)["Decoder"], jnp.sin(jnp.arange(48.0)).reshape(2, STEPS, WIDTH)
    variables = redrawn({"params": linen(2).init(jax.random.key(0), sample)["params"]})
    whole, stepped = (
        scope_of(new)["Decoder"](2, d, in_features=WIDTH, rngs=nnx.Rngs(0)) for d in (False, True)
    )
    for model in (whole, stepped):
        copy_into(variables, model)
    assert np.array_equal(linen(2).apply(variables, sample), whole(sample))
    stepped.attention.init_cache(sample.shape)
    cache = linen(2, decode=True).init(jax.random.key(0), sample)["cache"]
    for at in range(STEPS):
        token = sample[:, at : at + 1]
        state = {**variables, "cache": cache}
        expected, updates = linen(2, decode=True).apply(state, token, mutable=["cache"])
        cache = updates["cache"]
        assert np.array_equal(expected, stepped(token))
