"""LNX017: several statements on one line."""

from __future__ import annotations

from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX017",
    name="shared-line",
    title="A statement that would change shares its line with others",
    fix="manual",
    what="Reports `a = 1; state = ...` where one of the statements has to be replaced.",
    why="One statement may become two, or none, which the line has no room for.",
    use_instead="Put each statement on lines of its own; a formatter does that.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://peps.python.org/pep-0008/#other-recommendations",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def create(x):
    model = nn.Dense(1); variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx

width = 3; model = nnx.Linear(width, width, rngs=nnx.Rngs(0))
""",
    ),
)
