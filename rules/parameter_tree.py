"""LNX014: parameters are used as a tree."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX014",
    name="parameter-tree",
    title="Parameters or an optimizer state are used as a tree",
    fix="manual",
    what=(
        "Reports trees of parameters that are kept, handed on, taken apart or changed other than by an "
        "update, and items of an optimizer state."
    ),
    why=(
        "In NNX the tree is made on demand, `nnx.state(model, nnx.Param)`, and its leaves are the model's "
        "own variables: what is kept follows the model, and what is written must be written back."
    ),
    use_instead=(
        "Only norms and leaves are read (`optax.global_norm(params)`, `jax.tree.leaves(params)`): those are "
        "rewritten. For a copy, `nnx.clone(nnx.state(model, nnx.Param))`; to write, `nnx.update(model, "
        "tree)`."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/nnx_basics.html#state-and-graphdef",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def create(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    first = model.apply({"params": params}, x)
    return first, params["kernels"]
""",
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
""",
    ),
)
