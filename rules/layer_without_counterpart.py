"""LNX110: a layer or option that has no rewriting."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX110",
    name="unknown-layer",
    title="A layer, or an option of it, has no rewriting yet",
    fix="manual",
    what=(
        "Reports layers of `flax.linen` that are not in the table of layers, and options of a known layer "
        "that NNX does not have."
    ),
    why=(
        "A layer is only rewritten where parameters, outputs and gradients are known to be the same. "
        "Defaults, names of arguments and the layout of parameters differ from layer to layer."
    ),
    use_instead=(
        "Wrap the Linen layer: `nnx.bridge.ToNNX(nn.GroupNorm(...), rngs=rngs)`, or rewrite it by hand and "
        "run `linen2nnx verify`."
    ),
    fix_safety=(
        "Nothing is edited: the whole training component stays as it is. Layers that NNX has in no such form "
        "are written into the file, as `LinenGRUCell` and `LinenConvLocal`, where they are built on the spot."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/bridge_guide.html#linen-nnx",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.GroupNorm(2, reduction_axes=(1, -1))(x)


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

layer = nnx.Linear(3, 4, rngs=nnx.Rngs(0))
""",
    ),
)
