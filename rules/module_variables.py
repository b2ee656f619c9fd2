"""LNX311: a module reads or makes variables by itself."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX311",
    name="module-variables",
    title="A Linen module makes variables or uses a method of `nn.Module` that has no rewriting yet",
    fix="manual",
    what=(
        "Reports `self.perturb`, `self.is_mutable_collection` and other attributes of `flax.linen.Module` "
        "inside a module, and forms of `self.param`, `self.sow` and `self.make_rng` that are not plain."
    ),
    why=(
        "They belong to the way in which Linen keeps variables outside of the module. In NNX a variable is "
        "an attribute, made in `__init__`."
    ),
    use_instead=(
        "`self.scale = nnx.Param(init(rngs.params(), shape))` in `__init__`, read as `self.scale[...]`; "
        "`rngs.dropout()` for a key."
    ),
    fix_safety=(
        "Nothing is edited: the whole training component stays as it is. What is rewritten instead: tests of "
        "`self.is_initializing()`, or of `self.is_mutable_collection('params')`, go with what only `init` "
        "does, where that makes no layer, variable or key. The other side stays, without the condition. "
        "`use_running_average=not self.is_mutable_collection('batch_stats')` of a norm goes: a call without "
        "`mutable` becomes one of `nnx.view(model, use_running_average=True)`."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#collections-and-variable-types",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        self.sow("intermediates", "inputs", x)
        return x + jnp.ones(())


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


class Net(nnx.Module):
    def __init__(self):
        self.scale = nnx.Param(jnp.ones(1))

    def __call__(self, x):
        return x * self.scale[...]
""",
    ),
)
