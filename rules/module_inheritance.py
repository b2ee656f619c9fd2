"""LNX117: a module class that extends another one."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX117",
    name="module-inheritance",
    title="What a module inherits cannot be said with certainty",
    fix="manual",
    what=(
        "Reports a module class that extends another one of the project and changes how that one builds its "
        "layers or what reaches them: another `setup` or `__call__`, a method that the other class uses, "
        "or `super()`."
    ),
    why=(
        "In NNX the layers of the class above are built by its own `__init__`. Their names, sizes and order "
        "would have to follow from what both classes do together."
    ),
    use_instead=(
        "Build the layers in one of the classes, or hold the other module in an attribute instead of "
        "extending it."
    ),
    fix_safety="Nothing is edited: the classes and all that is tied to them stay as they are.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#basic-module-definition",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class Body(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(8)(x))


class Head(Body):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(super().__call__(x))


def create(x):
    model = Head()
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


class Body(nnx.Module):
    def __init__(self, *, in_features: int, rngs: nnx.Rngs):
        self.Dense_0 = nnx.Linear(in_features, 8, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.Dense_0(x))


class Tanh(Body):
    def squashed(self, x):
        return nnx.tanh(self(x))
""",
    ),
)
