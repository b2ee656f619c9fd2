"""LNX312: a variable of a collection that a module keeps by itself."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX312",
    name="collection-variables",
    title="A module keeps a variable of a collection in a way that has no rewriting yet",
    fix="manual",
    what=(
        "Reports `self.variable` and `self.has_variable` where what becomes of the variable cannot be "
        "followed: it is handed on, set inside a nested function, changed by `init`, or made at a call "
        "of a module that these sources build."
    ),
    why=(
        "In NNX the variable is an attribute: `nnx.Cache` for the collection `cache`, `nnx.BatchStat` for "
        "`batch_stats`. What Linen's `init` leaves in a collection is not there, as nothing runs the module "
        "before its first call."
    ),
    use_instead=(
        "An attribute that `__init__` makes, `self.count = nnx.Variable(...)`, or one that is None until the "
        "call that needs it: `self.cached_key: nnx.Cache | None = nnx.data(None)`."
    ),
    fix_safety=(
        "Nothing is edited. What is rewritten instead: caches that the module asks for by `has_variable` "
        "become attributes that are None until a call makes them, as in `nnx.MultiHeadAttention`. "
        "Variables that change only where the module is not initialising are made by `__init__`."
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
        calls = self.variable("counts", "calls", jnp.zeros, ())
        calls.value = calls.value + 1
        return x + calls.value


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
        self.last: nnx.Cache | None = nnx.data(None)

    def __call__(self, x):
        if self.last is None:
            self.last = nnx.Cache(jnp.zeros(x.shape))
        self.last[...] = self.last[...] + x
        return self.last[...]
""",
    ),
)
