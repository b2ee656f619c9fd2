"""`@nn.remat` and `@nn.jit` on a module class: its `__call__` takes them, and Linen's names stay."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, findings, migrated, program

BLOCK = """
@nn.remat
class Block(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        return x + nn.Dense(self.width)(nn.relu(x))


"""
OTHER = """
class Other(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


"""
WIDE = """
class Wide(Block):
    @nn.compact
    def __call__(self, x):
        return super().__call__(x) * 2


"""


def net(block: str, *lines: str) -> str:
    head = "class Net(nn.Module):\n    deep: bool = True\n\n    @nn.compact\n    def __call__(self, x):\n"
    return block + head + "".join(f"        {line}\n" for line in lines)


POLICY = "@partial(nn.remat, policy=jax.checkpoint_policies.nothing_saveable)"
STATIC = "@partial(nn.checkpoint, static_argnums=(2,), prevent_cse=False)"
FORMS = [
    pytest.param(net(BLOCK, "return Block()(x)"), "    @nnx.remat\n    def __call__(self, x):\n", id="plain"),
    pytest.param(
        net(BLOCK, "for _ in range(2):", "    x = Block()(x)", "return Block(name='last')(x)"),
        'x = getattr(self, f"CheckpointBlock_{i}")(x)',
        id="in-a-loop",
    ),
    pytest.param(
        net(BLOCK.replace("@nn.remat", POLICY), "return Block()(x)"),
        "    @partial(nnx.remat, policy=jax.checkpoint_policies.nothing_saveable)\n    def __call__(self, x)",
        id="options",
    ),
    pytest.param(
        net(
            BLOCK.replace("@nn.remat", STATIC).replace("(self, x)", "(self, x, train)"),
            "return Block()(x, self.deep)",
        ),
        "    @partial(nnx.remat, static_argnums=(2,), prevent_cse=False)\n    def __call__(self, x, train)",
        id="static-arguments",
    ),
    pytest.param(
        net(BLOCK.replace("remat", "jit"), "return Block()(x)"), "self.JitBlock_0 = Block(", id="compiled"
    ),
    pytest.param(
        net(BLOCK.replace("nn.relu(x)", "nn.BatchNorm(use_running_average=False)(x)"), "return Block()(x)"),
        "self.CheckpointBlock_0 = Block(",
        id="statistics",
    ),
    pytest.param(net(BLOCK + WIDE, "return Wide()(Block()(x))"), "self.Wide_0 = Wide(", id="extended"),
    pytest.param(BLOCK.replace("class Block", "class Net"), "    @nnx.remat\n    def __call__", id="model"),
]


@pytest.mark.parametrize(("module", "written"), FORMS)
def test_same_numbers(module: str, written: str) -> None:
    outcome = compared(program(module, "Net()", (2, 5, 4)))
    assert written in outcome.text.replace("'", '"'), outcome.text
    assert_identical(outcome)


def test_comments_stay() -> None:
    marked = "# Less memory.\n@nn.remat  # as in the paper\n"
    text = migrated(program(net(BLOCK.replace("@nn.remat\n", marked), "return Block()(x)"), "Net()", (2, 4)))
    assert "# Less memory.\n# as in the paper\nclass Block(nnx.Module):\n" in text


SCANNED = "nn.scan(Block, variable_axes={'params': 0}, split_rngs={'params': True}, length=2)"
SETUP = BLOCK.replace("@nn.compact\n    def", "def setup(self):\n        self.dense = nn.Dense(4)\n\n    def")
REFUSED = [
    pytest.param(net(BLOCK, "return nn.remat(Block)()(x)"), id="lifted-again"),
    pytest.param(net(BLOCK, f"return {SCANNED}()(x)"), id="scanned"),
    pytest.param(net(BLOCK + OTHER, "cls = Block if self.deep else Other", "return cls()(x)"), id="chosen"),
    pytest.param(net(BLOCK, "return self.deep()(x)").replace("bool = True", "Any = Block"), id="field"),
    pytest.param(
        net(SETUP.replace("nn.Dense(self.width)", "self.dense"), "return Block()(x)"), id="with-setup"
    ),
    pytest.param(net(BLOCK.replace("@nn.remat", "@nn.jit\n@nn.remat"), "return Block()(x)"), id="several"),
    pytest.param(
        net(BLOCK.replace("(self, x)", "(self, x, *, scale=1.0)"), "return Block()(x, scale=2.0)"),
        id="keyword-only",
    ),
    pytest.param(
        net(BLOCK.replace("nn.relu(x)", "nn.Dropout(0.5, deterministic=False)(x)"), "return Block()(x)"),
        id="draws",
    ),
    pytest.param(
        net(BLOCK.replace("@nn.remat", "@partial(nn.remat, methods=['__call__'])"), "return Block()(x)"),
        id="option",
    ),
]


@pytest.mark.parametrize("module", REFUSED)
def test_refused(module: str) -> None:
    assert any(found.startswith("LNX130") for found in findings(program(module, "Net()", (2, 5, 4))))
