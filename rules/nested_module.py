"""LNX113: a module inside another module."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX113",
    name="nested-module",
    title="A module of the project is built inside another module",
    fix="manual",
    what="Reports `Block(...)` inside a Linen module, where `Block` is a Linen module of the project.",
    why="The input sizes and random streams have to go through both constructors, which is not done yet.",
    use_instead=(
        "Write the layers of the inner module into the outer one, or wrap the whole model: "
        "`nnx.bridge.ToNNX(Net(), rngs=rngs)`."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/bridge_guide.html#linen-nnx",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Block()(x)


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
