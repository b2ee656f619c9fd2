"""`nn.scan` of a module class: layers one after the other, compared with Linen, or left."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from tests.module_harness import assert_identical, compared, findings, program

SHAPE = (2, 5, 4)
BLOCK = """
class Block(nn.Module):
    width: int = 7

    @nn.compact
    def __call__(self, x, _):
        h = nn.gelu(nn.Dense(self.width)(nn.LayerNorm()(x)))
        return x + nn.Dense(x.shape[-1])(h), None


"""
MASKED = """
class Block(nn.Module):
    width: int = 7

    @nn.compact
    def __call__(self, x, mask, train):
        h = nn.Dense(x.shape[-1])(x) * mask
        if train:
            h = nn.tanh(h)
        return x + h, h.mean()


"""
STEPPED = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x, step, scale):
        h = nn.Dense(x.shape[-1])(x + nn.Dense(x.shape[-1])(step))
        return x + scale * h, (h, step)


"""
PAIRED = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, carry, _):
        x, count = carry
        return (x + nn.Dense(x.shape[-1])(x), count + 1), None


"""
GROUP = """
class Group(nn.Module):
    @nn.compact
    def __call__(self, x, _):
        x, _ = nn.scan(Block, variable_axes={"params": 0}, split_rngs={"params": True}, length=2)()(x, None)
        return x, None


"""
LAYERS = 'variable_axes={"params": 0}, split_rngs={"params": True}'


def net(block: str, *lines: str, width: str = "") -> str:
    head = "class Net(nn.Module):\n    depth: int = 3\n    deep: bool = True\n\n"
    head += "    @nn.compact\n    def __call__(self, x):\n"
    return block + head + "".join(f"        {line}\n" for line in lines)


FORMS = [
    pytest.param(
        net(BLOCK, f"x, _ = nn.scan(Block, {LAYERS}, length=3)()(x, None)", "return nn.Dense(2)(x)"),
        "x, _ = jax.lax.scan(lambda x, block: block(x, None), x, self.ScanBlock_0)",
        id="on-the-spot",
    ),
    pytest.param(
        net(
            BLOCK,
            "axis = {nn.PARTITION_NAME: 'layers'}",
            f"Blocks = nn.scan(Block, {LAYERS}, length=self.depth, metadata_params=axis)",
            "x, _ = Blocks(width=9, name='layers')(nn.Dense(6)(x), None)",
            "return nn.Dense(2)(x)",
        ),
        "x, _ = jax.lax.scan(lambda carry, block: block(carry, None), self.Dense_0(x), self.layers)",
        id="named-class-and-name",
    ),
    pytest.param(
        net(
            MASKED,
            f"Blocks = nn.scan(Block, {LAYERS}, in_axes=(nn.broadcast, nn.broadcast), length=self.depth)",
            "mask = jnp.arange(4.0)",
            "x, means = Blocks()(x, mask, self.deep)",
            "return x, means",
        ),
        "jax.lax.scan(lambda x, block: block(x, mask, self.deep), x, self.ScanBlock_0)",
        id="broadcast",
    ),
    pytest.param(
        net(
            MASKED,
            f"blocks = nn.scan(Block, {LAYERS}, in_axes=nn.broadcast, length=2, unroll=2)()",
            "return blocks(x, x[0] > 0.5, True)",
        ),
        "jax.lax.scan(lambda carry, block: block(carry, x[0] > 0.5, True), x, blocks, unroll=2)",
        id="an-input-that-is-read-twice",
    ),
    pytest.param(
        net(
            STEPPED,
            "steps = jnp.sin(jnp.arange(3 * 2 * 5 * 6.0)).reshape(3, 2, 5, 6)",
            f"Blocks = nn.scan(Block, {LAYERS}, in_axes=(0, nn.broadcast), length=self.depth, reverse=True)",
            "x, (h, again) = Blocks()(x, steps, 0.5)",
            "return x, nn.Dense(2)(h), nn.Dense(2)(again)",
        ),
        "lambda x, step: step[0](x, step[1], 0.5), x, (self.ScanBlock_0, steps), reverse=True",
        id="inputs-of-each-layer",
    ),
    pytest.param(
        net(
            BLOCK,
            f"x, _ = nn.scan(nn.remat(Block, prevent_cse=False), {LAYERS}, length=3)(5)(x, None)",
            "return nn.Dense(2)(x)",
        ),
        "jax.lax.scan(\n            jax.checkpoint(lambda x, block: block(x, None), prevent_cse=False), x, "
        "self.ScanCheckpointBlock_0\n        )",
        id="checkpointed",
    ),
    pytest.param(
        net(
            MASKED,
            "policy = jax.checkpoint_policies.dots_with_no_batch_dims_saveable",
            "Rematted = nn.remat(Block, policy=policy, static_argnums=(3,))",
            f"Blocks = nn.scan(Rematted, {LAYERS}, in_axes=nn.broadcast, length=self.depth)",
            "mean = x.mean()",
            "return Blocks(name='layers')(x, mean, self.deep)",
        ),
        "jax.checkpoint(lambda x, block: block(x, mean, self.deep), policy=policy)",
        id="checkpointed-by-a-policy",
    ),
    pytest.param(
        net(PAIRED, f"return nn.scan(Block, {LAYERS}, length=3)()((x, 0), None)[0]"),
        "jax.lax.scan(lambda carry, block: block(carry, None), (x, 0), self.ScanBlock_0)[0]",
        id="a-pair-as-carry",
    ),
    pytest.param(
        net(
            BLOCK,
            'block = nn.scan(Block, variable_broadcast="params", split_rngs={"params": False}, length=3)()',
            "return nn.Dense(2)(block(x, None)[0])",
        ),
        "jax.lax.scan(lambda x, _: block(x, None), x, length=3)[0]",
        id="one-layer-again-and-again",
    ),
    pytest.param(
        BLOCK
        + f"""
class Net(nn.Module):
    depth: int = 3

    def setup(self):
        self.first = nn.Dense(6)
        self.blocks = nn.scan(Block, {LAYERS}, length=self.depth)(width=5)
        self.last = nn.Dense(2)

    def __call__(self, x):
        x, _ = self.blocks(self.first(x), None)
        return self.last(x)
""",
        "x, _ = jax.lax.scan(lambda carry, block: block(carry, None), self.first(x), self.blocks)",
        id="setup",
    ),
    pytest.param(
        net(
            BLOCK,
            f"for i in range(self.depth):\n            x, _ = nn.scan(Block, {LAYERS}, length=2)()(x, None)",
            "return x + nn.scan(Block, variable_axes={'params': 0}, split_rngs={'params': True}, length=2)("
            "name='last')(x, None)[0] + Block()(x, None)[0]",
        ),
        "jax.lax.scan(lambda x, block: block(x, None), x, getattr(self, f'ScanBlock_{i}'))",
        id="in-a-loop",
    ),
    pytest.param(
        net(
            BLOCK,
            f"block = nn.scan(Block, {LAYERS}, length=2)()",
            "for _ in range(2):\n            x, _ = block(x, None)",
            "return block(x * 2, None)[0]",
        ),
        "jax.lax.scan(lambda x, the_block: the_block(x, None), x, block)",
        id="called-again",
    ),
    pytest.param(
        net(
            BLOCK + GROUP,
            f"x, _ = nn.scan(Group, {LAYERS}, length=3)()(x, None)",
            "return x",
        ),
        "jax.lax.scan(lambda x, block: block(x, None), x, self.ScanGroup_0)",
        id="nested",
    ),
    pytest.param(
        net(
            BLOCK,
            "if self.deep:",
            f"    x, _ = nn.scan(Block, {LAYERS}, length=self.depth)(name='layers')(x, None)",
            "else:",
            "    for i in range(self.depth):",
            "        x, _ = Block(name=f'layer_{i}')(x, None)",
            "return x",
        ),
        "jax.lax.scan(lambda x, block: block(x, None), x, self.layers)",
        id="or-one-by-one",
    ),
]


@pytest.mark.parametrize(("module", "written"), FORMS)
def test_same_numbers(module: str, written: str) -> None:
    outcome = compared(program(module, "Net()", SHAPE))
    assert written in outcome.text, outcome.text
    assert_identical(outcome)


CELL = """
class Cell(nn.Module):
    features: int

    @nn.compact
    def __call__(self, carry, x, reset):
        carry = carry * (1 - reset[..., None])
        carry = nn.tanh(nn.Dense(self.features)(x) + nn.Dense(self.features, use_bias=False)(carry))
        return carry, carry


"""
SHARED = 'variable_broadcast="params", split_rngs={"params": False}'
CELLS = [
    pytest.param(
        net(
            "",
            f"LSTM = nn.scan(nn.LSTMCell, {SHARED}, in_axes=1, out_axes=1)",
            "cell = LSTM(8)",
            "x = nn.Dense(3)(x)",
            "carry = cell.initialize_carry(jax.random.key(0), x[:, 0].shape)",
            "carry, y = cell(carry, x)",
            "return carry, nn.Dense(2)(y)",
        ),
        "nnx.scan(lambda carry, x: cell(carry, x), in_axes=(nnx.Carry, 1), out_axes=(nnx.Carry, 1))(",
        id="another-axis",
    ),
    pytest.param(
        net(
            "",
            f"cell = nn.scan(nn.GRUCell, {SHARED})(features=8, name='gru')",
            "x = nn.Dense(3)(x)",
            "carry, y = cell(jnp.zeros((5, 8)), x)",
            "return carry, nn.Dense(2)(y)",
        ),
        "carry, y = nnx.scan(lambda carry, x: cell(carry, x))(jnp.zeros((5, 8)), x)",
        id="the-first-axis",
    ),
    pytest.param(
        net(
            "",
            f"cell = nn.scan(nn.SimpleCell, {SHARED}, length=2, reverse=True, unroll=2)(features=8)",
            "return nn.Dense(2)(cell(jnp.zeros((5, 8)), x)[1])",
        ),
        "nnx.scan(lambda carry, x: cell(carry, x), reverse=True, unroll=2)(jnp.zeros((5, 8)), x)[1]",
        id="options",
    ),
    pytest.param(
        net(
            CELL,
            f"cell = nn.scan(Cell, {SHARED}, in_axes=1, out_axes=1)(8)",
            "reset = x[..., 0] > 0.5",
            "carry, y = cell(jnp.zeros((2, 8)), x, reset)",
            "return carry, nn.Dense(2)(y)",
        ),
        "lambda carry, x, reset: cell(carry, x, reset), in_axes=(nnx.Carry, 1, 1), out_axes=(nnx.Carry, 1)",
        id="an-own-cell",
    ),
    pytest.param(
        net(
            "",
            f"cell = nn.scan(nn.LSTMCell, {SHARED}, in_axes=1, out_axes=1)(4)",
            "carry = cell.initialize_carry(jax.random.key(0), x[:, 0].shape)",
            "carry, x = cell(carry, x)",
            "carry, x = cell((carry[1], carry[0]), x * 2)",
            "return x, cell(carry, x)",
        ),
        "lambda the_carry, x_0: cell(the_carry, x_0), in_axes=(nnx.Carry, 1), out_axes=(nnx.Carry, 1)",
        id="called-again",
    ),
    pytest.param(
        net(
            "",
            f"LSTM = nn.scan(nn.LSTMCell, {SHARED}, in_axes=1, out_axes=1)",
            "for i in range(2):",
            "    cell = LSTM(4)",
            "    _, x = cell(cell.initialize_carry(jax.random.key(0), x[:, 0].shape), x)",
            "return x",
        ),
        "nnx.scan(lambda carry, x: cell(carry, x), in_axes=(nnx.Carry, 1), out_axes=(nnx.Carry, 1))(",
        id="in-a-loop",
    ),
]


@pytest.mark.parametrize(("module", "written"), CELLS)
def test_steps_that_share_a_cell(module: str, written: str) -> None:
    outcome = compared(program(module, "Net()", SHAPE))
    assert written in outcome.text, outcome.text
    assert_identical(outcome)


DROPPED = """
class Block(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        h = nn.Dense(x.shape[-1])(x)
        return x + nn.Dropout(0.5, deterministic=not train)(h), None


"""
NOISE = "x = x + jax.random.normal(self.make_rng('noise'), x.shape)"
NOISY = DROPPED.replace("h = nn", f"{NOISE}\n        h = nn")
SPLIT = 'variable_axes={"params": 0}, split_rngs={"params": True, "dropout": True}'


def trained(block: str, call: str) -> str:
    module = net(block, f"return {call}(x, train)[0]")
    return program(module.replace("(self, x):", "(self, x, train: bool = False):"), "Net()", SHAPE)


def test_each_layer_drops_others() -> None:
    text = trained(DROPPED, f"nn.scan(Block, {SPLIT}, in_axes=nn.broadcast, length=self.depth)()")
    outcome = compared(text)
    assert_identical(outcome)
    assert "nnx.split_rngs(splits=self.depth)(\n            lambda rngs: jax.lax.scan(" in outcome.text
    scope: dict[str, Any] = {}
    exec(outcome.text, scope)
    model, x = scope["net"], jnp.ones(SHAPE)
    nnx.update(model, jax.tree.map(jnp.zeros_like, nnx.state(model)))
    model.ScanBlock_0.Dense_0.bias[...] = jnp.asarray([[1.0], [10.0], [100.0]]) * jnp.ones(4)
    rngs = nnx.Rngs(dropout=0)
    once, again = (np.asarray(model(x, True, rngs=rngs)) for _ in range(2))
    kept = [(once.astype(int) // (2 * 10**layer)) % 5 % 2 for layer in range(3)]
    assert not np.array_equal(once, again)
    assert all(not np.array_equal(kept[one], kept[one - 1]) for one in range(3))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            trained(DROPPED, f"nn.scan(Block, {LAYERS}, in_axes=nn.broadcast, length=3)()"), id="not-split"
        ),
        pytest.param(
            trained(
                DROPPED,
                f"nn.scan(Block, {SPLIT[:-5]}False}}, in_axes=nn.broadcast, length=3)()",
            ),
            id="the-same-key",
        ),
        pytest.param(
            trained(NOISY, f"nn.scan(Block, {SPLIT}, in_axes=nn.broadcast, length=3)()"), id="another-stream"
        ),
        pytest.param(
            trained(
                DROPPED,
                'nn.scan(Block, variable_broadcast="params", split_rngs={"params": False, "dropout": True},'
                " in_axes=nn.broadcast, length=3)()",
            ),
            id="shared-parameters",
        ),
    ],
)
def test_the_same_draws_are_refused(text: str) -> None:
    assert any("may draw the same random numbers" in found for found in findings(text))


METHODS = (
    BLOCK.rstrip()
    + """

    def run(self, x):
        return self(x, None)[0]

    def half(self, x):
        return x / self.width


"""
)


def test_a_method_that_needs_no_layer() -> None:
    lines = (
        f"blocks = nn.scan(Block, {LAYERS}, length=3)()",
        "x, _ = blocks(x, None)",
        "return blocks.half(x)",
    )
    outcome = compared(program(net(METHODS, *lines), "Net()", SHAPE))
    assert "return blocks.half(x)" in outcome.text
    assert_identical(outcome)


NORMED = BLOCK.replace("nn.LayerNorm()", "nn.BatchNorm(use_running_average=True)")
DERIVED = NORMED + "class Deeper(Block):\n    def half(self):\n        return self.width // 2\n\n\n"
ON_BOTH = 'variable_axes={"params": 0, "batch_stats": 0}, split_rngs={"params": True}'
REFUSED = [
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS})()(x, jnp.ones(3))[0]"), id="length-of-an-input"
    ),
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS}, length=3)()(x, _=None)[0]"), id="keyword-at-the-call"
    ),
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS}, length=3, methods=['__call__'])()(x, None)[0]"),
        id="option",
    ),
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS.replace('0', '1')}, length=3)()(x, None)[0]"),
        id="another-axis",
    ),
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS.replace('True', 'False')}, length=3)()(x, None)[0]"),
        id="one-key-for-all",
    ),
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS}, length=3, out_axes=1)()(x, None)[0]"),
        id="results-elsewhere",
    ),
    pytest.param(
        net(BLOCK, f"return nn.scan(Block, {LAYERS}, in_axes=nn.broadcast, length=3)()(x, jnp.sin(x))[0]"),
        id="computed-for-all-steps",
    ),
    pytest.param(
        net(BLOCK, f"S = nn.scan(Block, {LAYERS}, length=3)", "T = S", "return T()(x, None)[0]"),
        id="handed-on",
    ),
    pytest.param(
        net(
            METHODS,
            f"blocks = nn.scan(Block, {LAYERS}, length=3)()",
            "blocks(x, None)",
            "return blocks.run(x)",
        ),
        id="another-method",
    ),
    pytest.param(
        BLOCK
        + f"""
class Net(nn.Module):
    def setup(self):
        often = 2
        self.blocks = nn.scan(Block, {LAYERS}, length=4, unroll=often)()

    def __call__(self, x):
        return self.blocks(x, None)[0]
""",
        id="option-of-setup",
    ),
    pytest.param(
        net(BLOCK, f"return nn.Sequential([nn.Dense(4), nn.scan(Block, {LAYERS}, length=3)()])(x)[0]"),
        id="sequential",
    ),
    pytest.param(net(NORMED, f"return nn.scan(Block, {ON_BOTH}, length=3)()(x, None)[0]"), id="statistics"),
    pytest.param(
        net(DERIVED, f"return nn.scan(Deeper, {ON_BOTH}, length=3)()(x, None)[0]"), id="inherited-statistics"
    ),
    pytest.param(
        net(BLOCK, f'return nn.scan(Block, {SHARED}, variable_carry="state", length=3)()(x, None)[0]'),
        id="carried-variables",
    ),
]


@pytest.mark.parametrize("module", REFUSED)
def test_refused(module: str) -> None:
    assert any(found.startswith("LNX130") for found in findings(program(module, "Net()", SHAPE)))
