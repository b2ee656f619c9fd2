"""Attention that decodes with a cache: step by step as in Linen, once callers have made the cache."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, redrawn
from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import HEAD, findings

NET = """
class Net(nn.Module):
    decode: bool = False

    @nn.compact
    def __call__(self, x):
        mask = None if self.decode else nn.make_causal_mask(x[..., 0])
        x = x + nn.{layer}
        return nn.Dense(3)(x)
"""
LAYERS = [
    pytest.param("SelfAttention(2, decode=self.decode)(x, mask=mask)", id="self-attention"),
    pytest.param("MultiHeadAttention(2, decode=self.decode, dropout_rate=0.1, deterministic=True)"
                 "(x, mask=mask)", id="dropout"),
]  # fmt: skip
X = jnp.sin(jnp.arange(24.0)).reshape(2, 3, 4)


def run(text: str) -> Any:
    scope: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), scope)
    return scope["Net"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_cache_that_callers_make(layer: str) -> None:
    text = HEAD.format(size=8, shape=(2, 4)) + NET.format(layer=layer)
    result = migrate_sources({"model.py": text}, Options())
    (told,) = [finding.message for finding in result.findings if finding.code == "LNX116"]
    assert "`init_cache` of the attention layers has to be called before they decode" in told
    before, new = run(text), run(result.changed["model.py"])
    variables = redrawn(before().init(jax.random.key(0), X))
    for decode in (False, True):
        model = new(decode=decode, in_features=4, rngs=nnx.Rngs(0))
        copy_into(variables, model)
        if not decode:
            np.testing.assert_array_equal(before().apply(variables, X), model(X))
            continue
        state = {**variables, "cache": before(decode=True).init(jax.random.key(0), X)["cache"]}
        for _, part in nnx.iter_modules(model):
            if isinstance(part, nnx.MultiHeadAttention):
                part.init_cache(X.shape)
        for place in range(X.shape[1]):
            step = X[:, place : place + 1]
            expected, changed = before(decode=True).apply(state, step, mutable=["cache"])
            state |= changed
            np.testing.assert_array_equal(expected, model(step))


@pytest.mark.parametrize("flag", ["True", "self.decode"])
def test_a_cache_that_init_makes_stays(flag: str) -> None:
    layer = f"SelfAttention(2, decode={flag})(x, mask=mask)"
    use = "\n\nnet = Net()\nvariables = net.init(jax.random.key(0), X)\n"
    text = HEAD.format(size=24, shape=(2, 3, 4)) + NET.format(layer=layer) + use
    assert [finding for finding in findings(text) if "LNX110 this layer may decode with a cache" in finding]
