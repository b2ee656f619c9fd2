"""LNX310: `apply` with random keys, mutable collections or methods."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX310",
    name="apply-options",
    title="`apply` is called with an option that has no rewriting yet",
    fix="manual",
    what=(
        "Reports `capture_intermediates`, `mutable` of anything but the batch statistics, and statistics "
        "that are used as a value: kept, averaged or put into a dict."
    ),
    why=(
        "They make the call of a Linen model draw random numbers, change collections or run another method, "
        "each of which an NNX model does in a way of its own."
    ),
    use_instead=(
        "`model(x, rngs=nnx.Rngs(dropout=key))` for a random key, `model.encode(x)` for a method; batch "
        "statistics change by themselves at every call in training mode."
    ),
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#using-multiple-methods",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def features(x):
    model = nn.Dense(8)
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x, mutable=["intermediates"])
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def features(model: nnx.Module, x, key):
    return model(x, rngs=nnx.Rngs(dropout=key))
""",
    ),
)
