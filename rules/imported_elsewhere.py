"""LNX016: another file imports what would change."""

from __future__ import annotations

from migrate.rule import Rule

RULE = Rule(
    code="LNX016",
    name="imported-elsewhere",
    title="Another file imports what would change here",
    fix="manual",
    what="Reports a component with a function, class or name that another file of the project imports.",
    why=(
        "Signatures and classes change with the migration. Files are migrated one by one so far, so the "
        "importing file would go on calling the old form."
    ),
    use_instead="Migrate by hand across the files, or bring the component into one file first.",
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
