"""Input sizes behind operations on arrays: each expression feeds a layer of its own."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

HELPER = """
def doubled(a, axis=-1):
    return jnp.concatenate([a, a], axis=axis)


def waves(count, dim):
    angles = np.array([[t / np.power(10.0, 2 * (d // 2) / dim) for d in range(dim)] for t in range(count)])
    table = np.zeros_like(angles)
    table[:, 0 : dim // 2] = np.sin(angles[:, 0::2])
    return jnp.array(table)


"""
FLAT = [
    "jnp.linalg.norm(x, axis=-1, keepdims=True)",
    "x.at[:, 0].set(0.0)",
    "jnp.hstack([x, x])",
    "jnp.outer(x[0], x[1])",
    "jax.lax.top_k(x, 2)[0]",
    "jnp.take(x, jnp.array([0, 2]), axis=1)",
    "x[jnp.array([[1, 2], [0, 3]])]",
    "x[:, ::2]",
    "x[:, np.newaxis] + np.zeros((1, 6))[np.newaxis, :, :][:, :1]",
    "jax.lax.select(x > 0, x, -x)",
    "jnp.concatenate([x, jax.ops.segment_sum(x, jnp.array([0, 1, 0, 1]), x.shape[0])], axis=-1)",
    "(x[..., None] * 2.0 ** jnp.arange(4)).reshape(*x.shape[:-1], -1)",
    "jnp.broadcast_to(jnp.linspace(0.0, 1.0, 4), (2, 4))",
    "doubled(x)",
    "doubled(x[:, None], axis=1).reshape(x.shape[0], -1)",
    "jnp.split(x, [2], axis=-1)[1]",
]
TOKENS = [
    "jnp.take_along_axis(x, jnp.zeros((2, 1, 6), int), axis=1)",
    "x[jnp.arange(2), jnp.array([1, 2])]",
    "x[:, jnp.array([0, 2, 3])].reshape(2, 3 * 6)",
    "jnp.roll(x, 1, axis=1)",
    "jnp.einsum('ts,bsc->btc', jnp.tril(jnp.ones((5, 5))), x)",
    "x @ x.swapaxes(-1, -2)",
    "jnp.stack([x[:, t] for t in range(5)], axis=1)",
    "x + jnp.take(waves(5, x.shape[-1]), jnp.arange(5), axis=0)",
    "jnp.take(waves(5, 8), x[..., 0].astype(int), axis=0).astype(x.dtype)",
    "x + waves(5, x.shape[-1]) + jnp.concatenate([waves(5, 2), waves(5, 4)], axis=-1)",
]
IMAGE = [
    "jnp.pad(x, ((0, 0), (1, 1), (1, 2), (0, 0))).reshape(x.shape[0], -1)",
    "jax.image.resize(x, (2, 4, 4, 3), 'nearest').reshape(2, -1)",
]


@pytest.mark.parametrize(
    ("shape", "expressions"),
    [
        pytest.param((4, 6), FLAT, id="flat"),
        pytest.param((2, 5, 6), TOKENS, id="tokens"),
        pytest.param((2, 6, 8, 3), IMAGE, id="images"),
    ],
)
def test_sizes_are_right(shape: tuple[int, ...], expressions: list[str]) -> None:
    terms = "".join(f"        total += nn.Dense(3)({expression}).mean()\n" for expression in expressions)
    head = "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        total = 0.0\n"
    text = program(f"{HELPER}{head}{terms}        return total\n", "Net()", shape)
    assert_identical(compared(text))


PATTERNS = [
    pytest.param(
        "rearrange(x, 'b (h p) w c -> b (h w) (p c)', p=2)", (2, 6, 8, 3), "2 * in_features", id="patches"
    ),
    pytest.param("rearrange(x, 'b n (h d) -> b h n d', h=3)", (2, 5, 6), "in_features // 3", id="heads"),
    pytest.param("rearrange(x, '... h d -> ... (h d)')", (2, 5, 6), "length * in_features", id="ellipsis"),
    pytest.param("repeat(x, 'b c -> b n c', n=3)", (2, 6), "in_features", id="repeat"),
    pytest.param("reduce(x, 'b n c -> b n', 'mean')", (2, 5, 6), "in_features", id="reduce"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "shape", "size"), PATTERNS)
def test_patterns_of_einops(expression: str, shape: tuple[int, ...], size: str) -> None:
    head = "from einops import rearrange, reduce, repeat\n\n\nclass Net(nn.Module):\n    @nn.compact\n"
    body = f"    def __call__(self, x):\n        return nn.Dense(3)({expression})\n"
    text = migrated(program(head + body, "Net()", shape))
    assert f"self.Dense_0 = nnx.Linear({size}, 3, rngs=rngs)" in text


LOOPS = [
    pytest.param("for _ in range(2):\n            x = jnp.concatenate([x, x[..., :1]], axis=-1)",
                 "in_features + 2", id="that-adds"),
    pytest.param("x = x[..., :1]\n        x = x[..., -2:]", "1", id="no-loop-but-a-short-axis"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "size"), LOOPS)
def test_sizes_behind_a_loop_without_layers(body: str, size: str) -> None:
    head = "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    text = program(f"{head}        {body}\n        return nn.Dense(3)(x)\n", "Net()", (4, 6))
    done = compared(text)
    assert_identical(done)
    assert f"self.Dense_0 = nnx.Linear({size}, 3, rngs=rngs)" in done.text


def test_a_size_that_cannot_be_told_behind_a_loop() -> None:
    head = "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    loop = "        for _ in range(2):\n            x = jnp.concatenate([x, x], axis=-1)\n"
    assert findings(program(f"{head}{loop}        return nn.Dense(3)(x)\n", "Net()", (4, 6)))


CHANGED = [
    pytest.param("parts = [x, x]", "parts[0] = nn.Dense(8)(x)", "jnp.concatenate(parts, -1)", id="item"),
    pytest.param("parts = {'a': x}", "parts['a'] = nn.Dense(8)(x)", "parts['a']", id="entry"),
    pytest.param("parts = {'a': x}", "parts.update(a=nn.Dense(8)(x))", "parts['a']", id="update"),
    pytest.param("parts = [x, x]", "del parts[0]", "jnp.concatenate(parts, -1)", id="deletion"),
    pytest.param("parts = other = [x]", "other.append(x)", "jnp.concatenate(parts, -1)", id="other-name"),
    pytest.param("parts = [x]", "added(parts, x)", "jnp.concatenate(parts, -1)", id="in-a-function"),
]


@pytest.mark.parametrize(("made", "changed", "read"), CHANGED)
def test_what_is_changed_in_place_tells_no_sizes(made: str, changed: str, read: str) -> None:
    helper = "def added(items, item):\n    items.append(item)\n\n\n"
    head = "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    body = "".join(f"        {line}\n" for line in (made, changed, f"return nn.Dense(2)({read})"))
    assert any(text.startswith("LNX112") for text in findings(program(helper + head + body, "Net()", (4, 6))))
