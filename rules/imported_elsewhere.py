"""LNX016: another file imports what would change."""

from __future__ import annotations

from migrate.rule import Rule

RULE = Rule(
    code="LNX016",
    name="imported-elsewhere",
    title="Another file imports what would change here",
    fix="manual",
    what=(
        "Reports a component with a function, class or name that would change and that a file imports which "
        "is not among those to be migrated."
    ),
    why=(
        "Signatures and classes change with the migration. The files that are named are migrated together; "
        "one that is not named would go on calling the old form."
    ),
    use_instead="Name the importing files too, or the directory that holds the project.",
    fix_safety="Nothing is edited: the whole training component stays as it is.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
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
