"""LNX008: Linen code that stays because of another file."""

from __future__ import annotations

from migrate.rule import Rule

RULE = Rule(
    code="LNX008",
    name="held-back",
    title="Linen code stays because of another file",
    fix="manual",
    what=(
        "Reports, in each file of a component that is left alone and has no reason of its own, the first "
        "place that would have changed, with the place of the first reason. Functions that Linen shares with "
        "NNX stay too, in files of their own, as long as anything in the project stays. A module that is "
        "wrapped because of a place in another file is reported in its own."
    ),
    why=(
        "A component is migrated whole or not at all, through all of its files. Without this a file with "
        "Linen code in it could stay without a word."
    ),
    use_instead="Settle what the place that is named reports; this file migrates with it.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
    valid=(
        """\
from flax import nnx


def build(x):
    return nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
""",
    ),
)
