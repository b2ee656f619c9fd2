"""LNX111: a module is written in a form that cannot be rewritten."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX111",
    name="module-form",
    title="A Linen module is written in a form that has no rewriting yet",
    fix="manual",
    what=(
        "Reports modules with other bases, decorated methods, fields that NNX modules need for themselves, "
        "no `__call__`, layers that are built under a condition that is known only at the call, kept in "
        "lists or handed on, and the like. The message names the form."
    ),
    why=(
        "Layers move from `__call__` to `__init__`, with the conditions and loops around them as far as "
        "these read only fields and sizes. Where it depends on the call which layers there are, what they "
        "are called or where they go, that cannot be said in advance."
    ),
    use_instead=(
        "Build every layer unconditionally, each with a name of its own, and decide at the call which to "
        "use; or wrap the module: `nnx.bridge.ToNNX(Net(), rngs=rngs)`."
    ),
    fix_safety=(
        "Nothing is edited: the whole training component stays as it is. Where a module is built elsewhere, "
        "`nn.with_partitioning(init, names)` inside of it is rewritten, with `eager_sharding=False`, as NNX "
        "would lay the parameter out where it is made, and fail without a mesh. By hand it is the same."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#basic-module-definition",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, wide):
        if wide:
            x = nn.Dense(128)(x)
        return nn.Dense(1)(x)


def create(x):
    model = Net()
    variables = model.init(jax.random.key(0), x, True)
    return model.apply(variables, x, True)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


class Net(nnx.Module):
    def __init__(self, wide: bool = False, *, rngs: nnx.Rngs):
        self.wide = nnx.Linear(2, 2, rngs=rngs) if wide else None

    def __call__(self, x):
        return self.wide(x) if self.wide is not None else x
""",
    ),
)
