"""LNX114: a module that is never built."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX114",
    name="module-unused",
    title="It cannot be seen where a Linen module is built",
    fix="manual",
    what=(
        "Reports Linen modules that nothing in the given files constructs, where they may be reached in a "
        "way that cannot be followed: by a name that is looked up, or by a function that takes any module."
    ),
    why=(
        "An NNX module is told the sizes of its inputs where it is built, and those places have to change "
        "with it."
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


def create(name):
    return globals()[name]()
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
