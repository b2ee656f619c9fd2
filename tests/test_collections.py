"""Variables of collections inside modules: caches that come into being at a call, and what is refused."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn
from migrate.core import migrate_sources
from migrate.result import Options

HEAD = """\
import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
"""
CACHED = """
class Attention(nn.Module):
    features: int
    longest: int = 8

    def setup(self):
        self.query = nn.Dense(self.features)
        self.key = nn.Dense(self.features)
        self.earlier = jnp.tril(jnp.ones((self.longest, self.longest), bool))

    @nn.compact
    def _with_cache(self, key, allowed):
        # without a cache, this is the call that makes it
        started = self.has_variable("cache", "cached_key")
        cached_key = self.variable("cache", "cached_key", jnp.zeros, key.shape, key.dtype)
        place = self.variable("cache", "place", lambda: jnp.array(0, dtype=jnp.int32))  # the next one
        if started:
            at = place.value
            key = lax.dynamic_update_slice(cached_key.value, key, (0, at, 0))
            cached_key.value = key
            place.value = place.value + 1
            allowed = jnp.arange(cached_key.value.shape[1]) <= at
        return key, allowed

    def __call__(self, x, keep: bool = False):
        query, key = self.query(x), self.key(x)
        if self.has_variable("cache", "cached_key"):
            shift = self.variables["cache"]["place"]
            length = self.variables["cache"]["cached_key"].shape[1]
            allowed = lax.dynamic_slice(self.earlier, (shift, 0), (x.shape[1], length))
        else:
            allowed = self.earlier[: x.shape[1], : x.shape[1]]
        if self.has_variable("cache", "cached_key") or keep:
            key, allowed = self._with_cache(key, allowed)
        scores = jnp.einsum("bqd,bkd->bqk", query, key)
        return jnp.einsum("bqk,bkd->bqd", nn.softmax(jnp.where(allowed, scores, -1e9)), key)


class Decoder(nn.Module):
    features: int

    def setup(self):
        self.attention = Attention(self.features)
        self.out = nn.Dense(self.features)

    def __call__(self, x, keep: bool = False):
        return self.out(self.attention(x, keep=keep))
"""
CACHED_AFTER = """\
    def _with_cache(self, key, allowed):
        # without a cache, this is the call that makes it
        started = self.cached_key is not None
        # the next one
        if self.cached_key is None:
            self.cached_key = nnx.Cache(jnp.zeros(key.shape, key.dtype))
            self.place = nnx.Cache(jnp.array(0, dtype=jnp.int32))
        if started:
            at = self.place[...]
            key = lax.dynamic_update_slice(self.cached_key[...], key, (0, at, 0))
            self.cached_key[...] = key
            self.place[...] = self.place[...] + 1
            allowed = jnp.arange(self.cached_key.shape[1]) <= at
        return key, allowed
"""


def migrated(module: str) -> tuple[str, list[str]]:
    """The new text of a program, or an empty one, and what is said of it."""
    text = f"{HEAD}\n{dedent(module)}"
    result = migrate_sources({"model.py": text}, Options())
    return result.changed.get("model.py", ""), [f"{f.code} {f.message}" for f in result.findings]


def scope_of(text: str) -> dict[str, Any]:
    """The names of a program that is run."""
    scope: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), scope)
    return scope


def test_decoding_with_a_cache_gives_the_same_bits() -> None:
    text, said = migrated(CACHED)
    assert CACHED_AFTER in text
    assert any(s.startswith("LNX116") and s.endswith("makes the variables of `cache`") for s in said)
    linen = scope_of(f"{HEAD}\n{CACHED}")["Decoder"](6)
    sample = jnp.sin(jnp.arange(48.0)).reshape(2, 4, 6)
    variables = redrawn({"params": linen.init(jax.random.key(0), sample)["params"]})
    model = scope_of(text)["Decoder"](6, in_features=6, rngs=nnx.Rngs(0))
    copy_into(variables, model)
    assert np.array_equal(linen.apply(variables, sample), model(sample))
    cache = linen.init(jax.random.key(1), jnp.zeros_like(sample), keep=True)["cache"]
    model(jnp.zeros_like(sample), keep=True)
    step = nnx.jit(lambda model, x: model(x))
    for at in range(4):
        token = sample[:, at : at + 1]
        expected, updated = linen.apply({**variables, "cache": cache}, token, mutable=["cache"])
        cache = updated["cache"]
        assert np.array_equal(expected, step(model, token))
    found = nnx.to_pure_dict(nnx.state(model, nnx.Cache))
    assert jax.tree.all(jax.tree.map(np.array_equal, cache, found))


def test_a_constant_of_a_collection_is_made_once() -> None:
    text, _ = migrated("""
        class Net(nn.Module):
            features: int

            @nn.compact
            def __call__(self, x):
                # fixed frequencies
                table = self.variable("fixed_tables", "frequencies", lambda n: jnp.arange(n), self.features)
                x = nn.Dense(self.features)(x)
                return x * table.value


        net = Net(4)
        variables = net.init(jax.random.key(0), jnp.ones((2, 3)))
        y = net.apply(variables, jnp.ones((2, 3)))
    """)
    assert "class FixedTables(nnx.Variable):" in text
    assert "self.frequencies = FixedTables((lambda n: jnp.arange(n))(self.features))" in text
    assert "        # fixed frequencies\n" in text
    assert "return x * self.frequencies[...]" in text
    assert scope_of(text)["y"].shape == (2, 4)


REFUSED = [
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                count = self.variable("counts", "calls", jnp.zeros, ())
                count.value = count.value + 1
                return x
        """,
        "`init` may change `calls` already",
        id="init-counts-too",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                started = self.has_variable("cache", "last")
                last = self.variable("cache", "last", jnp.zeros, x.shape)
                both = (x, last)
                if started:
                    last.value = x
                return both[1].value
        """,
        "handed on",
        id="variable-in-a-tuple",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                started = self.has_variable("cache", "last")
                last = self.variable("cache", "last", jnp.zeros, x.shape)
                if started:
                    last = self.variable("cache", "other", jnp.zeros, x.shape)
                return last.value
        """,
        "not bound to a name of its own",
        id="one-name-for-two",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                started = self.has_variable("cache", "last")
                last = self.variable("cache", "last", jnp.zeros, x.shape)

                def store(value):
                    last.value = value

                if started:
                    store(x)
                return last.value
        """,
        "nested function",
        id="set-in-a-nested-function",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                if self.has_variable("cache", "last"):
                    return self.variables["cache"]["last"]
                return x
        """,
        "not a variable that this class declares",
        id="asked-for-and-never-made",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                started = self.has_variable("cache", "last")
                last = self.variable("cache", "last", jnp.zeros, x.shape)
                if started:
                    last.value = x
                return last.value


        net = Net()
        variables = net.init(jax.random.key(0), jnp.ones((2, 3)))
        y, updates = net.apply(variables, jnp.ones((2, 3)), mutable=["cache"])
        """,
        "",
        id="built-here",
    ),
    pytest.param(
        """
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                for key in self.variables["cache"]:
                    x = x + 1
                return x
        """,
        "handed on",
        id="collection-is-iterated",
    ),
]


@pytest.mark.parametrize(("module", "reason"), REFUSED)
def test_what_cannot_be_followed_stays(module: str, reason: str) -> None:
    text, said = migrated(module)
    assert text == ""
    assert any(reason in sentence for sentence in said), said


TIED = """
class Body(nn.Module):
    width: int

    def setup(self):
        self.table = nn.Embed(7, self.width)
        self.layer = nn.Dense(self.width)

    def __call__(self, ids):
        return nn.tanh(self.layer(self.table(ids)))


class Net(nn.Module):
    width: int = 4
    tied: bool = True
    dtype: jnp.dtype = jnp.float32

    def setup(self):
        self.body = Body(self.width)
        self.head = nn.Dense(7, use_bias=False, dtype=self.dtype)

    def __call__(self, ids):
        x = self.body(ids)
        if self.tied:
            kernel = self.body.variables["params"]["table"]["embedding"].T
            return self.head.apply({"params": {"kernel": kernel}}, x)
        else:
            return self.head(x)
"""


@pytest.mark.parametrize("build", ["Net()", "Net(tied=False)", "Net(dtype=jnp.bfloat16)"])
def test_a_head_that_shares_the_table_of_the_embedding(build: str) -> None:
    use = f"net = {build}\nids = jnp.arange(6).reshape(2, 3)\nvariables = net.init(jax.random.key(0), ids)\n"
    text = f"{HEAD}{TIED}\n\n{use}"
    new = migrate_sources({"model.py": text}, Options()).changed["model.py"]
    assert "if not self.tied:\n            self.head = nnx.Linear(" in new
    assert "jnp.dot(jnp.asarray(x, self.dtype), jnp.asarray(kernel, self.dtype))" in new
    before, after = scope_of(text), scope_of(new)
    variables = redrawn(before["variables"])
    copy_into(variables, after["net"])
    expected = linen_results(before["net"], variables, (before["ids"],), {})
    found = nnx_results(after["net"], (before["ids"],), {}, variables["params"])
    assert len(expected) == len(found)
    assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(expected, found, strict=True))


HANDED = """
class Head(nn.Module):
    size: int
    settings: dict

    def setup(self):
        self.dense = nn.Dense(self.size)
        self.decoder = nn.Dense(7, use_bias=False)
        self.bias = self.param("bias", nn.initializers.zeros, (7,))

    def __call__(self, x, table=None):
        x = self.dense(x)
        if table is not None:
            x = self.decoder.apply({"params": {"kernel": table.T}}, x)
        else:
            x = self.decoder(x)
        return x + self.bias


class Outer(nn.Module):
    size: int
    given: dict

    def setup(self):
        self.head = Head(self.size, settings=self.given)

    def __call__(self, x, table=None):
        return self.head(x, table=table)


class Net(nn.Module):
    config: dict

    def setup(self):
        self.body = nn.Embed(7, 4)
        self.outer = Outer(4, self.config)

    def __call__(self, ids):
        x = self.body(ids)
        if self.config["tied"]:
            table = self.body.variables["params"]["embedding"]
        else:
            table = None
        return self.outer(x, table)
"""


@pytest.mark.parametrize("tied", [True, False])
def test_a_decoder_that_is_there_where_no_table_is_handed_on(tied: bool) -> None:
    build = f'Net({{"tied": {tied}}})'
    use = f"net = {build}\nids = jnp.arange(6).reshape(2, 3)\nvariables = net.init(jax.random.key(0), ids)\n"
    text = f"{HEAD}{HANDED}\n\n{use}"
    result = migrate_sources({"model.py": text}, Options())
    new = result.changed["model.py"]
    assert 'if not self.settings["tied"]:\n            self.decoder = nnx.Linear(' in new
    before, after = scope_of(text), scope_of(new)
    variables = redrawn(before["variables"])
    copy_into(variables, after["net"])
    expected = linen_results(before["net"], variables, (before["ids"],), {})
    found = nnx_results(after["net"], (before["ids"],), {}, variables["params"])
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))
