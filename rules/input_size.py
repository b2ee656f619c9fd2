"""LNX112: the input size of a layer is not known."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX112",
    name="input-size",
    title="The input size of a layer cannot be told from the code",
    fix="manual",
    what=(
        "Reports layers whose input has a last axis that is not followed from the arguments of `__call__`, "
        "and samples for `init` whose last axis is not visible."
    ),
    why=(
        "Linen reads the size off the first input. NNX wants it when the layer is built, and a wrong guess "
        "would only fail at the first call, or not at all."
    ),
    use_instead=(
        "Use operations whose shape is plain (`reshape` with the size written out, `concatenate`), or pass "
        "a sample to `init` that shows its shape: `jnp.zeros((1, 784))`. Or let `migrate --trace FILE:CALL` "
        "read the size off a call that makes the model."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#variable-creation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x[:, ::2])


def create(x):
    model = Net()
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
import jax.numpy as jnp
from flax import nnx


def predict(layer: nnx.Linear, x):
    return layer(x[:, ::2])
""",
    ),
)
