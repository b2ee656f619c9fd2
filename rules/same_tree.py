"""LNX404: `freeze`, `unfreeze` and `pop("params")` go with the dict of variables."""

from __future__ import annotations

from migrate.analysis.sites import SameTree
from migrate.plan.context import Plan
from migrate.rule import Example, Rule

SITE = SameTree

RULE = Rule(
    code="LNX404",
    name="same-tree",
    title="What only unpacks the dict of variables can go",
    fix="automatic",
    what=(
        'Finds `freeze(params)`, `unfreeze(params)`, `FrozenDict(params)`, `variables.pop("params")` and '
        '`flax.core.pop(variables, "params")`.'
    ),
    why=(
        "They change the form of Linen's dict of variables, or take the parameters out of it. A model of NNX "
        "holds its parameters and statistics itself."
    ),
    use_instead="The model.",
    fix_safety=(
        "Applied where the parameters are only used as those of the model. Parameters that are written to "
        "after `unfreeze` leave the component alone (LNX014)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#variable-creation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
from flax.core import freeze, unfreeze


def predict(x):
    model = nn.Dense(3)
    variables = unfreeze(model.init(jax.random.key(0), x))
    params = variables.pop("params")
    return model.apply({"params": freeze(params)}, x)
""",
            after="""\
from flax import nnx


def predict(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    return model(x)
""",
        ),
    ),
    valid=(
        """\
from flax.core import freeze


def frozen(settings):
    return freeze(settings)
""",
    ),
)


def rewrite(plan: Plan, site: SameTree) -> None:
    """Nothing by itself: what the tree is used for names the model."""
