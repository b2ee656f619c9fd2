"""LNX113: a module inside another module."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX113",
    name="nested-module",
    title="A module builds itself",
    fix="manual",
    what="Reports a Linen module that builds a module of its own class, directly or through others.",
    why="Which input sizes go to the inner one cannot be said, as they would depend on themselves.",
    use_instead=(
        "Write the levels as a loop, or wrap the whole model: `nnx.bridge.ToNNX(Net(), rngs=rngs)`."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/bridge_guide.html#linen-nnx",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        if self.depth:
            x = Net(self.depth - 1)(x)
        return nn.Dense(4)(x)


def create(x):
    model = Net()
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


class Block(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.layer = nnx.Linear(4, 4, rngs=rngs)


class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.block = Block(rngs=rngs)
""",
    ),
)
