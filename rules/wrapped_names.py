"""LNX115: a Linen module that cannot be wrapped, as a name of it hides one of the wrapper."""

from __future__ import annotations

from migrate.rule import Rule

RULE = Rule(
    code="LNX115",
    name="wrapped-names",
    title="A Linen module has names that its wrapper needs itself",
    fix="manual",
    what=(
        "Reports modules that can neither be rewritten nor wrapped in `nnx.bridge.ToNNX`, because a "
        "layer or variable of theirs is called `train`, `rngs` or like another attribute of the wrapper."
    ),
    why=(
        "The wrapper keeps each variable as an attribute of its own. One that is called like a method or "
        "property hides it, or cannot be set at all."
    ),
    use_instead="Give the layer another name, which also changes its place in checkpoints, or rewrite it.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/guides/bridge_guide.html#linen-nnx",
    invalid=(),
    valid=(
        """\
from flax import nnx

layer = nnx.Linear(3, 4, rngs=nnx.Rngs(0))
""",
    ),
)
