"""LNX130: a transform of a module class that has no rewriting."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX130",
    name="lifted-transform",
    title="A transform of a module class is used in a form that has no rewriting yet",
    fix="manual",
    what=(
        "Reports `nn.vmap`, `nn.remat`, `nn.scan` and `nn.jit` around module classes, where they are more "
        "than an ensemble with parameters of its own, one module for each entry of its inputs, a block that "
        "is computed again, layers that run one after the other, a cell that runs over a sequence, or a "
        "compiled block."
    ),
    why=(
        "Linen's transforms lift whole collections of variables and split random keys. NNX has transforms of "
        "functions that take modules: what is shared, split or written differs from case to case."
    ),
    use_instead=(
        "`nnx.vmap`, `nnx.scan` and `nnx.remat` around a function that takes the module, or a loop over "
        "`nnx.List`. For an ensemble with parameters of its own, `migrate` writes `nnx.split_rngs` with "
        "`nnx.vmap` around the construction and `jax.vmap` around the call."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/transforms.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


class Critic(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)


class Critics(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.vmap(
            Critic, variable_axes={"params": 1}, split_rngs={"params": True}, axis_size=2
        )()(x)


def create(x):
    model = Critics()
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
import jax
from flax import nnx


class Ensemble(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.members = nnx.split_rngs(splits=2)(
            nnx.vmap(lambda rngs: nnx.Linear(3, 1, rngs=rngs))
        )(rngs)

    def __call__(self, x):
        return jax.vmap(lambda member: member(x))(self.members)
""",
    ),
)
