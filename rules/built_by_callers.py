"""LNX116: a migrated module that is built outside of the sources."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX116",
    name="built-by-callers",
    title="Callers of a migrated module must pass more",
    fix="manual",
    what="Reports Linen modules that are migrated and that nothing in the given files builds.",
    why=(
        "The new class is told the sizes of its inputs and the random streams where it is built, which "
        "callers elsewhere do."
    ),
    use_instead=(
        "Pass the arguments that the finding names, and call the module where `init` and `apply` were "
        "called. Better still, run linen2nnx on the callers together with the module: they change with it."
    ),
    fix_safety=(
        "The class is rewritten. It stays Linen if a file of the project imports it and is not among those "
        "to be migrated (LNX016), and if it is used as a value or looked up by name (LNX010, LNX114)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#basic-module-definition",
    invalid=(
        Example(
            before="""\
import flax.linen as nn


class Projection(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.width)(x))
""",
            after="""\
from flax import nnx


class Projection(nnx.Module):
    def __init__(self, width: int, *, in_features: int, rngs: nnx.Rngs):
        self.width = width
        self.Dense_0 = nnx.Linear(in_features, self.width, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.Dense_0(x))
""",
        ),
    ),
    valid=(
        """\
import flax.linen as nn
import jax


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)


def features(x):
    net = Net()
    variables = net.init(jax.random.key(0), x)
    return net.apply(variables, x)
""",
    ),
)
