"""Methods and layers of other modules, lists in `__call__`, and modules that callers give for a field."""

from __future__ import annotations

import pytest

from migrate.core import migrate_sources
from migrate.result import Options
from tests.module_harness import assert_identical, compared, findings, migrated, program

TOKENS = (2, 5, 6)
PARTS = """
class Embedder(nn.Module):
    count: int
    dim: int

    def setup(self):
        self.table = self.param("table", nn.initializers.normal(), (self.count, self.dim))

    def encode(self, ids):
        return self.table[ids] * jnp.sqrt(self.dim)

    def decode(self, x):
        return jnp.dot(x, self.table.T)


class Attention(nn.Module):
    dim: int
    rate: float = 0.0

    def setup(self):
        self.proj = nn.Dense(self.dim)
        self.named = nn.Dense(self.dim, name="other")
        self.noise = nn.Dropout(self.rate)

    def __call__(self, x, train=False):
        return self.noise(self.named(self.proj(x)), deterministic=not train)

    def scores(self, x):
        return jnp.tanh(self.proj(x))

    def noisy(self, x):
        return self.noise(x, deterministic=False)


class Growing(nn.Module):
    count: int
    step: int

    @nn.compact
    def __call__(self, x):
        for _ in range(self.count):
            x = jnp.concatenate([x, nn.Dense(self.step)(x)], axis=-1)
        return x


"""
FORMS = [
    pytest.param(
        "self.embedder = Embedder(7, 4)\nself.inner = nn.Dense(4)",
        "x = self.inner(self.embedder.encode(IDS))\nreturn self.embedder.decode(x)",
        id="methods-without-a-call",
    ),
    pytest.param(
        "self.stem = nn.Dense(4)\nself.attention = Attention(4)",
        "x = self.stem(x)\ny = self.attention(x)\n"
        "return y + self.attention.scores(x) + self.attention.proj(x)",
        id="a-method-and-a-layer",
    ),
    pytest.param(
        "self.stem = nn.Dense(4)\nself.blocks = [Attention(4) for _ in range(2)]",
        "x = self.stem(x)\nseen = []\nfor block in self.blocks:\n"
        "    seen.append(block.proj(x))\n    x = block(x)\n"
        "return x, seen",
        id="a-layer-of-each-of-a-list",
    ),
    pytest.param(
        "self.growing = Growing(3, 2)\nself.out = nn.Dense(3)",
        "return self.out(self.growing(x))",
        id="a-loop-that-adds-the-same-each-turn",
    ),
    pytest.param(
        "self.attend = nn.MultiHeadDotProductAttention(2)\nself.out = nn.Dense(3)",
        "return self.out(self.attend(inputs_q=x, inputs_kv=x))",
        id="attention-by-keywords",
    ),
    pytest.param(
        "self.stem = nn.Dense(4)\nself.drop = nn.Dropout(0.5)\nself.out = nn.Dense(3)",
        "x = self.drop(x, deterministic=True)\n"
        "x = self.drop(self.stem(x), deterministic=True)\nreturn self.out(x)",
        id="one-dropout-for-two-widths",
    ),
    pytest.param(
        "self.stem = nn.Dense(4)", "return nn.Dense(3)(self.stem(x)[:, 0, :])", id="the-last-axis-of-an-item"
    ),
    pytest.param(
        "self.stem = nn.Dense(4)",
        "x = self.stem(x)\nblocks = [Growing(1, 2), jnp.tanh, Growing(2, 1)]\n"
        "for block in blocks:\n    x = block(x)\nreturn nn.Dense(2)(x)",
        id="a-list-in-the-call",
    ),
]  # fmt: skip


def net(setup: str, call: str) -> str:
    words = setup + call
    classes = PARTS.strip().split("\n\n\n")
    used = "".join(f"{text}\n\n\n" for text in classes if text.split("(")[0].removeprefix("class ") in words)
    lines = [
        "class Net(nn.Module):",
        "    def setup(self):",
        *(f"        {line}" for line in setup.split("\n")),
    ]
    compact = ["", *(["    @nn.compact"] if "nn.Dense(" in call or "Growing(" in call else [])]
    lines += [*compact, "    def __call__(self, x):", *(f"        {line}" for line in call.split("\n"))]
    return used + "\n".join(lines)


@pytest.mark.parametrize(("setup", "call"), FORMS)
def test_same_numbers(setup: str, call: str) -> None:
    assert_identical(compared(program(net(setup, call), "Net()", TOKENS)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param("self.attention.named(x)", "has another name in its tree", id="an-explicit-name"),
        pytest.param("self.attention.noise(x, deterministic=True)", "a layer whose call", id="a-dropout"),
        pytest.param("self.attention.clone()(x)", "is not followed", id="a-method-of-linen"),
    ],
)
def test_refused(call: str, words: str) -> None:
    setup = "self.stem = nn.Dense(4)\nself.attention = Attention(4, 0.5)"
    text = program(net(setup, f"x = self.attention(self.stem(x))\nreturn {call}"), "Net()", TOKENS)
    assert any(words in found for found in findings(text)), findings(text)


def test_a_method_that_draws_is_given_keys() -> None:
    setup = "self.stem = nn.Dense(4)\nself.attention = Attention(4, 0.5)"
    module = net(setup, "x = self.attention(self.stem(x))\nreturn self.attention.noisy(x)")
    text = migrated(program(module, "Net()", TOKENS))
    assert "def noisy(self, x, *, rngs: nnx.Rngs | None = None):" in text
    assert "return self.attention.noisy(x, rngs=rngs)" in text


GIVEN = """\
from typing import Callable, Optional, Sequence

from flax import linen as nn


class Net(nn.Module):
    encoder: {annotation}
    width: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        return {call}
"""


@pytest.mark.parametrize(
    ("annotation", "call", "new"),
    [
        pytest.param("nn.Module", "self.encoder(x)", "encoder: nnx.Module", id="a-module"),
        pytest.param("Optional[nn.Module]", "self.encoder(x)", "encoder: Optional[nnx.Module]", id="or-none"),
        pytest.param("nn.Module | None", "self.encoder(x)", "encoder: nnx.Module | None", id="or-none-short"),
        pytest.param("callable", "self.encoder(x)", "encoder: callable", id="a-function"),
        pytest.param("Sequence[nn.Module]", "self.encoder[0](x)", "Sequence[nnx.Module]", id="several"),
        pytest.param("Dict[str, nn.Module]", "self.encoder['a'](x)", None, id="modules-by-name"),
        pytest.param("nn.Module", "nn.Dense(3)(self.encoder(x))", "dense_1_in_features: int", id="a-size"),
    ],
)  # fmt: skip
def test_what_callers_give_for_a_field(annotation: str, call: str, new: str | None) -> None:
    result = migrate_sources({"net.py": GIVEN.format(annotation=annotation, call=call)}, Options())
    if new is None:
        assert result.changed == {}
        return
    assert new in result.changed["net.py"]
    told = " ".join(finding.message for finding in result.findings if finding.code == "LNX116")
    assert ("NNX modules for `encoder`" in told) == ("Module" in annotation)


AUTOENCODER = """
class Encoder(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(3, (3, 3), strides=2)(x))
        return nn.Dense(4)(x.reshape(x.shape[0], -1))


class Net(nn.Module):
    def setup(self):
        self.encoder = Encoder()
        self.out = nn.Dense(2)

    def __call__(self, x):
        return self.out(self.encoder(x))

    def codes(self, x):
        encode = jax.jit(lambda inputs: self.shifted(inputs))
        return [encode(x), encode(x + 1)]

    def shifted(self, x):
        return self.encoder(x.astype(jnp.float32) - 1.0)


images = next(iter([X, X + 1.0]))
"""


def test_an_input_that_is_handed_on_has_the_axes_that_the_inner_module_needs() -> None:
    done = compared(program(AUTOENCODER, "Net()", (2, 4, 4, 3), inputs="images"), "images")
    assert_identical(done)
    assert "in_shape=images.shape[1:]" in done.text
    assert "encode = jax.jit(lambda inputs: self.shifted(inputs))" in done.text


def test_a_compiled_function_that_builds_layers_stays() -> None:
    module = AUTOENCODER.replace("self.shifted(inputs))", "nn.Dense(2)(inputs))")
    assert any("LNX111" in each for each in findings(program(module, "Net()", (2, 4, 4, 3))))
