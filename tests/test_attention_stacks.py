"""Stacks of attention blocks: memories that may be given, checkpoints that a field asks for, tied sizes."""

from __future__ import annotations

import pytest

from tests.module_harness import assert_identical, compared, migrated, program

ATTENTION = """
from flax.linen import partitioning

remat = partitioning.remat


class Attention(nn.Module):
    features: int
    heads: int = 2

    def setup(self):
        self.query = nn.Dense(self.features)
        self.key = nn.Dense(self.features)
        self.out = nn.Dense(self.features)

    def _split(self, x):
        return x.reshape(x.shape[:2] + (self.heads, self.features // self.heads))

    def __call__(self, x, memory=None, more: bool = False):
        query = self._split(self.query(x))
        if memory is not None:
            key = self._split(self.key(memory))
        else:
            key = self._split(self.key(x))
        weights = nn.softmax(jnp.einsum("...qhd,...khd->...hqk", query, key))
        y = jnp.einsum("...hqk,...khd->...qhd", weights, key)
        y = self.out(y.reshape(y.shape[:2] + (-1,)))
        return (y, weights) if more else (y,)


class Block(nn.Module):
    features: int

    def setup(self):
        self.own = Attention(self.features)
        self.other = Attention(self.features)
        self.norm = nn.LayerNorm()

    def __call__(self, x, memory=None, more: bool = False):
        results = self.own(x, more=more)
        x = x + results[0]
        x = x + self.other(x, memory=memory)[0]
        return (self.norm(x),) + results[1:]


class Net(nn.Module):
    features: int = 6
    checkpointed: bool = False

    def setup(self):
        self.first = nn.Dense(self.features)
        if self.checkpointed:
            CheckpointBlock = remat(Block, static_argnums=(2,))
            self.blocks = [CheckpointBlock(self.features, name=str(i)) for i in range(2)]
        else:
            self.blocks = [Block(self.features, name=str(i)) for i in range(2)]

    def __call__(self, x, memory=None, more: bool = False):
        x = self.first(x)
        every = () if more else None
        for block in self.blocks:
            results = block(x, memory, more)
            x = results[0]
            if more:
                every += (results[1],)
        return tuple(v for v in (x, every) if v is not None)
"""


@pytest.mark.parametrize("build", ["Net()", "Net(checkpointed=True)"])
@pytest.mark.parametrize("given", ["", "memory=X[:, :3, :4]", "more=True"])
def test_a_stack(build: str, given: str) -> None:
    text = program(ATTENTION, build, (2, 5, 6), given)
    assert_identical(compared(text, given=given))


def test_its_text() -> None:
    new = migrated(program(ATTENTION, "Net()", (2, 5, 6)))
    assert "memory_features: int | None = None" in new
    assert "self.key = nnx.Linear(memory_features or x_features, self.features, rngs=rngs)" in new
    assert "checkpoint = nnx.remat if self.checkpointed else lambda function: function" in new
    assert "results = checkpoint(lambda the_block: the_block(x, memory, more))(block)" in new
    assert "partitioning" not in new
