"""LNX114: a module that is never built."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX114",
    name="module-unused",
    title="A Linen module is never built where it can be seen",
    fix="manual",
    what="Reports Linen modules that nothing in the file constructs and initialises.",
    why=(
        "The input sizes that an NNX module needs are read off the places where it is built, and those "
        "places have to change with it."
    ),
    use_instead=(
        "Run linen2nnx on a file that holds the module together with the code that uses it, or rewrite the "
        "class by hand."
    ),
    fix_safety="Nothing is edited.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#basic-module-definition",
    invalid=(
        Example(
            before="""\
import flax.linen as nn


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.layer = nnx.Linear(4, 4, rngs=rngs)
""",
    ),
)
