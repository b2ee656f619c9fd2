"""Every row of the table of layers: rewritten, run, and compared with Linen bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.module_harness import assert_identical, compared, program

IMAGE = (2, 8, 10, 3)
FLAT = (4, 6)
TOKENS = (2, 5, 6)


def compact(*lines: str, extra: str = "") -> str:
    """A module with these lines, the last of which is what it returns."""
    *body, last = lines
    inner = "".join(f"        {line}\n" for line in [*body, f"return {last}"])
    head = f"    def __call__(self, x{', ' + extra if extra else ''}):\n"
    return "class Net(nn.Module):\n    @nn.compact\n" + head + inner


ROWS = [
    pytest.param("nn.Dense(4)(x)", FLAT, id="dense"),
    pytest.param("nn.Dense(4, False)(x)", FLAT, id="dense-by-position"),
    pytest.param("nn.Dense(4, dtype=jnp.bfloat16)(x)", FLAT, id="dense-half"),
    pytest.param("nn.DenseGeneral((3, 4))(x)", TOKENS, id="general-features"),
    pytest.param("nn.DenseGeneral(7, axis=(-2, -1))(x)", TOKENS, id="general-axes"),
    pytest.param("nn.DenseGeneral(features=4, use_bias=False)(x)", TOKENS, id="general-plain"),
    pytest.param("nn.DenseGeneral(4, axis=(-1, -2))(x)", TOKENS, id="general-axes-out-of-order"),
    pytest.param("nn.DenseGeneral(4, axis=(1, -1))(x)", IMAGE, id="general-axes-apart"),
    pytest.param("nn.DenseGeneral(4, batch_dims=0)(x.swapaxes(0, 1))", TOKENS, id="general-batch"),
    pytest.param("nn.DenseGeneral((2, 3), -1, (0, 1))(x.transpose(1, 2, 0, 3))", IMAGE, id="general-batches"),
    pytest.param("nn.glu(x)", FLAT, id="gated"),
    pytest.param("nn.normalize(x)", FLAT, id="normalize"),
    pytest.param("nn.pooling.min_pool(x, (2, 2), (2, 2))", IMAGE, id="min-pool"),
    pytest.param("nn.Conv(4, (3,), padding='REFLECT')(x)", TOKENS, id="conv-reflect"),
    pytest.param("nn.Conv(4, (3,), mask=jnp.tril(jnp.ones((3, 6, 4))))(x)", TOKENS, id="conv-mask"),
    pytest.param("nn.Conv(4, (3, 3), padding=((1, 2), (0, 1)))(x)", IMAGE, id="conv-padding"),
    pytest.param("nn.Conv(4, 3, dtype=jnp.bfloat16)(x)", TOKENS, id="conv-half"),
    pytest.param("nn.ConvTranspose(4, (3, 3), padding='CIRCULAR')(x)", IMAGE, id="transpose-circular"),
    pytest.param("nn.BatchNorm(False)(x, mask=jnp.ones((4, 1), bool))", FLAT, id="batch-norm-mask"),
    pytest.param("nn.BatchNorm(False, use_fast_variance=False)(x)", FLAT, id="batch-norm-slow-variance"),
    pytest.param("nn.BatchNorm(True, param_dtype=jnp.bfloat16)(x)", FLAT, id="batch-norm-half-params"),
    pytest.param(
        "nn.SelfAttention(3, attention_fn=nn.dot_product_attention)(x)", TOKENS, id="attention-by-the-default"
    ),
    pytest.param("nn.SelfAttention(3, decode=False)(x)", TOKENS, id="attention-without-a-cache"),
    pytest.param(
        "nn.dot_product_attention(x[:, :, None], x[:, :, None], x[:, :, None])[:, :, 0]",
        TOKENS,
        id="attention-by-hand",
    ),
    pytest.param("nn.Conv(4, (3, 3))(x)", IMAGE, id="conv"),
    pytest.param("nn.Conv(4, (3, 3), (2, 2), 'VALID')(x)", IMAGE, id="conv-by-position"),
    pytest.param(
        "nn.Conv(6, (3, 3), strides=2, padding=1, feature_group_count=3)(x)", IMAGE, id="conv-groups"
    ),
    pytest.param("nn.Conv(4, (2, 2), kernel_dilation=2, padding='CIRCULAR')(x)", IMAGE, id="conv-circular"),
    pytest.param("nn.Conv(4, (3,), padding='CAUSAL')(x)", TOKENS, id="conv-causal"),
    pytest.param("nn.Conv(4, kernel_size=[3, 3], use_bias=False)(x)", IMAGE, id="conv-list"),
    pytest.param("nn.ConvTranspose(4, (3, 3), strides=(2, 2))(x)", IMAGE, id="transpose"),
    pytest.param(
        "nn.ConvTranspose(4, (3, 3), padding='VALID', transpose_kernel=True)(x)", IMAGE, id="transpose-kernel"
    ),
    pytest.param("nn.LayerNorm()(x)", FLAT, id="layer-norm"),
    pytest.param("nn.LayerNorm(1e-3, use_bias=False)(x)", FLAT, id="layer-norm-by-position"),
    pytest.param("nn.LayerNorm(dtype=jnp.bfloat16)(x)", FLAT, id="layer-norm-half"),
    pytest.param("nn.RMSNorm(epsilon=1e-3)(x)", FLAT, id="rms-norm"),
    pytest.param("nn.RMSNorm(dtype=jnp.float16)(x)", FLAT, id="rms-norm-half"),
    pytest.param("nn.GroupNorm(3)(x)", IMAGE, id="group-norm-by-position"),
    pytest.param("nn.GroupNorm(num_groups=None, group_size=1)(x)", IMAGE, id="group-norm-size"),
    pytest.param("nn.GroupNorm(2, use_fast_variance=False)(x)", IMAGE, id="group-norm-slow-variance"),
    pytest.param("nn.GroupNorm(3, dtype=jnp.bfloat16)(x)", IMAGE, id="group-norm-half"),
    pytest.param("nn.BatchNorm(True)(x)", FLAT, id="batch-norm-running"),
    pytest.param("nn.BatchNorm(False, momentum=0.9)(x)", FLAT, id="batch-norm-training"),
    pytest.param("nn.BatchNorm()(x, use_running_average=False)", FLAT, id="batch-norm-at-the-call"),
    pytest.param("nn.BatchNorm(use_running_average=False, axis=1)(x)", IMAGE, id="batch-norm-axis"),
    pytest.param("nn.BatchNorm(False, dtype=jnp.bfloat16)(x)", FLAT, id="batch-norm-half"),
    pytest.param(
        "nn.BatchNorm(use_running_average=False, use_scale=False)(x)", FLAT, id="batch-norm-no-scale"
    ),
    pytest.param("nn.Dropout(0.5, deterministic=True)(x)", FLAT, id="dropout-off"),
    pytest.param("nn.Dropout(0.0)(x, deterministic=False)", FLAT, id="dropout-of-nothing"),
    pytest.param("nn.PReLU()(x)", FLAT, id="prelu"),
    pytest.param("nn.SelfAttention(2)(x)", TOKENS, id="self-attention"),
    pytest.param(
        "nn.SelfAttention(num_heads=1, qkv_features=32, out_features=5)(x)", TOKENS, id="self-attention-wide"
    ),
    pytest.param("nn.SelfAttention(2, dtype=jnp.bfloat16)(x)", TOKENS, id="self-attention-half"),
    pytest.param(
        "nn.SelfAttention(2, normalize_qk=True, dtype=jnp.bfloat16)(x)",
        TOKENS,
        id="self-attention-normalized",
    ),
    pytest.param("nn.SelfAttention(2)(x, nn.make_causal_mask(x[..., 0]))", TOKENS, id="self-attention-mask"),
    pytest.param(
        "nn.SelfAttention(2, dropout_rate=0.5, deterministic=True)(x)",
        TOKENS,
        id="self-attention-dropout-off",
    ),
    pytest.param("nn.MultiHeadDotProductAttention(2)(x, x)", TOKENS, id="attention"),
    pytest.param(
        "nn.MultiHeadAttention(num_heads=3)(x, nn.Dense(4)(x), mask=None)",
        TOKENS,
        id="attention-over-other-keys",
    ),
    pytest.param(
        "attention.dot_product_attention_weights(x[:, :, None], x[:, :, None], dtype=jnp.bfloat16)",
        TOKENS,
        id="attention-weights",
    ),
    pytest.param("nn.Einsum((6, 2, 4), '...d,dhk->...hk')(x).reshape(2, 5, 8)", TOKENS, id="einsum"),
    pytest.param("nn.Einsum((2, 6, 4), 'nta,hab->nthb')(x).sum(2)", TOKENS, id="einsum-in-order"),
    pytest.param(
        "nn.Einsum(shape=(6, 4), einsum_str='btd,dk->btk', use_bias=False)(x)", TOKENS, id="einsum-no-bias"
    ),
    pytest.param("nn.LayerNorm(reduction_axes=(1, 2))(x)", IMAGE, id="layer-norm-over-places"),
    pytest.param("nn.LayerNorm(feature_axes=1)(x)", IMAGE, id="layer-norm-features-elsewhere"),
    pytest.param("nn.LayerNorm(reduction_axes=0)(x)", FLAT, id="layer-norm-over-the-batch"),
    pytest.param("nn.LayerNorm(reduction_axes=(1, -1), feature_axes=(2,))(x)", IMAGE, id="layer-norm-axes"),
    pytest.param(
        "nn.LayerNorm(reduction_axes=(1, 2), dtype=jnp.bfloat16)(x)", IMAGE, id="layer-norm-axes-half"
    ),
    pytest.param("nn.RMSNorm(reduction_axes=(-2, -1), feature_axes=-1)(x)", IMAGE, id="rms-norm-axes"),
    pytest.param("nn.InstanceNorm(feature_axes=-1)(x)", IMAGE, id="instance-norm-axes"),
    pytest.param("nn.InstanceNorm(feature_axes=2)(x)", IMAGE, id="instance-norm-features-elsewhere"),
    pytest.param("nn.ConvLocal(4, (3, 3))(x)", IMAGE, id="local"),
    pytest.param("nn.ConvLocal(4, 3)(x)", TOKENS, id="local-one-axis"),
    pytest.param("nn.ConvLocal(4, (3, 2), (2, 1), 'VALID')(x)", IMAGE, id="local-by-position"),
    pytest.param(
        "nn.ConvLocal(4, (3, 3), padding='CIRCULAR', use_bias=False)(x)", IMAGE, id="local-circular"
    ),
    pytest.param("nn.ConvLocal(4, [3], kernel_dilation=2, padding='REFLECT')(x)", TOKENS, id="local-reflect"),
    pytest.param("nn.ConvLocal(4, (3,), kernel_dilation=2, padding='CAUSAL')(x)", TOKENS, id="local-causal"),
    pytest.param("nn.ConvLocal(4, (3, 3), padding=((1, 2), (0, 1)))(x)", IMAGE, id="local-padding"),
    pytest.param("nn.ConvLocal(4, (3, 3), strides=2, dtype=jnp.bfloat16)(x)", IMAGE, id="local-half"),
    pytest.param("nn.ConvLocal(4, (2,), padding=1, input_dilation=2)(x)", TOKENS, id="local-input-dilation"),
    pytest.param("nn.ConvLocal(4, (3,), mask=jnp.tril(jnp.ones((5, 18, 4))))(x)", TOKENS, id="local-mask"),
    pytest.param("nn.ConvLocal(4, (3,))(x)", IMAGE, id="local-of-two-batches"),
    pytest.param("nn.InstanceNorm()(x)", IMAGE, id="instance-norm"),
    pytest.param("nn.InstanceNorm(1e-3, jnp.bfloat16)(x)", IMAGE, id="instance-norm-half"),
]


@pytest.mark.parametrize(("expression", "shape"), ROWS)
def test_one_layer(expression: str, shape: tuple[int, ...]) -> None:
    text = program(compact("x = nn.Dense(6)(x)", f"x = {expression}", "nn.Dense(2)(x.astype(jnp.float32))"),
                   "Net()", shape)  # fmt: skip
    assert_identical(compared(text))


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_attention_with_a_rate_that_is_a_field(rate: float) -> None:
    module = """
        class Net(nn.Module):
            rate: float

            @nn.compact
            def __call__(self, x):
                return nn.SelfAttention(2, dropout_rate=self.rate, deterministic=True)(x)
        """
    outcome = compared(program(module, f"Net({rate})", TOKENS))
    assert_identical(outcome)
    assert "dropout_rate=dropout_rate or 0.5" in outcome.text


SHARED = [
    pytest.param(["d = nn.Dense(6)", "e = nn.LayerNorm()", "d(nn.relu(e(d(e(x)))))"], id="in-a-row"),
    pytest.param(["d = nn.Dense(6)", "y = d(x)", "d(y) if x.ndim > 1 else y"], id="again-maybe"),
]


@pytest.mark.parametrize("lines", SHARED)
def test_layers_that_are_called_again(lines: list[str]) -> None:
    assert_identical(compared(program(compact(*lines), "Net()", FLAT)))


CELLS = [
    pytest.param(
        [
            "nn.RNN(nn.LSTMCell(7, nn.hard_sigmoid))(x)",
            "nn.RNN(nn.SimpleCell(features=7))(x)",
            "nn.RNN(nn.GRUCell(6))(x)",
            "nn.RNN(nn.MGUCell(7))(x)",
            "nn.RNN(nn.MGUCell(7, reset_gate=False))(x)",
        ],
        id="cells",
    ),
    pytest.param(
        [
            "nn.RNN(nn.LSTMCell(7, dtype=jnp.bfloat16))(x)",
            "nn.RNN(nn.SimpleCell(7, residual=True, dtype=jnp.bfloat16))(x)",
            "nn.RNN(nn.GRUCell(7, dtype=jnp.bfloat16, activation_fn=jnp.sin))(x)",
        ],
        id="half",
    ),
    pytest.param(
        [
            "nn.RNN(nn.GRUCell(4), reverse=True, keep_order=True)(x)",
            "nn.RNN(nn.GRUCell(4), return_carry=True)(x)[1]",
            "nn.RNN(nn.LSTMCell(4), True)(x, seq_lengths=jnp.array([1, 2, 2, 1, 2]))",
            "nn.RNN(nn.GRUCell(4))(x, initial_carry=jnp.ones((2, 4)))",
            "nn.Bidirectional(nn.RNN(nn.LSTMCell(3)), nn.RNN(nn.GRUCell(4)))(x)",
        ],
        id="options",
    ),
    pytest.param(
        ["nn.RNN(nn.ConvLSTMCell(4, (3,)))(x[..., None] * jnp.ones((2, 5, 6, 3))).mean(-1)"], id="images"
    ),
]


@pytest.mark.parametrize("expressions", CELLS)
def test_recurrent_layers(expressions: list[str]) -> None:
    lines = ["x = nn.Dense(6)(x)", *(f"x = {e}" for e in expressions), "nn.Dense(2)(x.astype(jnp.float32))"]
    assert_identical(compared(program(compact(*lines), "Net()", TOKENS)))


def test_fused_lstm_rounds_the_gradient_of_its_biases() -> None:
    lines = ["x = nn.Dense(6)(x)", "x = nn.RNN(nn.OptimizedLSTMCell(5))(x)", "nn.Dense(2)(x)"]
    outcome = compared(program(compact(*lines), "Net()", TOKENS))
    assert np.array_equal(outcome.before[0], outcome.after[0])
    for old, new in zip(outcome.before, outcome.after, strict=True):
        assert np.abs(old - new).max() <= np.spacing(np.abs(old).max())


STEPS = """
class Net(nn.Module):
    def setup(self):
        self.cell = nn.{cell}
        self.forward = nn.RNN(nn.{cell})
        self.out = nn.Dense(2)

    def __call__(self, x):
        x = self.forward(x)
        carry = self.cell.initialize_carry(jax.random.PRNGKey(0), x[:, 0].shape)
        outputs = []
        for t in range(x.shape[1]):
            carry, y = self.cell(carry, x[:, t])
            outputs.append(y)
        return self.out(jnp.stack(outputs, axis=1))
"""


@pytest.mark.parametrize("cell", ["LSTMCell(4)", "GRUCell(4)"])
def test_cells_by_hand(cell: str) -> None:
    assert_identical(compared(program(STEPS.format(cell=cell), "Net()", TOKENS)))


EMBEDDINGS = [
    pytest.param("e = nn.Embed(7, 4)", "e(x) @ jnp.ones((4, 2))", id="call"),
    pytest.param("e = nn.Embed(7, 4, dtype=jnp.bfloat16)", "e(x)", id="half"),
    pytest.param("e = nn.Embed(num_embeddings=7, features=4)", "e.attend(e(x))", id="attend"),
]


@pytest.mark.parametrize(("line", "expression"), EMBEDDINGS)
def test_embedding(line: str, expression: str) -> None:
    text = program(compact(line, expression), "Net()", (2, 3), inputs="IDS")
    assert_identical(compared(text, inputs="IDS"))
