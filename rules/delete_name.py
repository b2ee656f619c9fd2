"""LNX209: a name of parameters or of a train state is deleted."""

from __future__ import annotations

import ast

from migrate.analysis.sites import DeleteName
from migrate.plan.context import Plan
from migrate.rewrite.edits import template
from migrate.rule import Example, Rule

SITE = DeleteName

RULE = Rule(
    code="LNX209",
    name="deleted-name",
    title="A deleted name of parameters or of a train state can go without `del`",
    fix="automatic",
    what="Finds `del params` and the like, for names of definitions, parameters and train states.",
    why=(
        "In NNX the model that held the parameters is the one that the train state was made of: it lives on "
        "under the same name, so that deleting it would take it away from the code below."
    ),
    use_instead="Nothing: the model frees its arrays when it is no longer used.",
    fix_safety="Items and attributes that are deleted are left alone, as they change what held them.",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training import train_state


def create(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    state = train_state.TrainState.create(
        apply_fn=model.apply, params=params, tx=optax.sgd(0.1)
    )
    del params
    return state
""",
            after="""\
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
    return model, optimizer
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def size(model: nnx.Module):
    state = nnx.state(model)
    count = len(nnx.to_flat_state(state))
    del state
    return count
""",
    ),
)


def rewrite(plan: Plan, site: DeleteName) -> None:
    """The name goes from its statement, and the statement with the last one."""
    plan.claimed.add(site.node)
    statement = plan.statement(site.node)
    assert isinstance(statement, ast.Delete)
    kept = [target for target in statement.targets if not isinstance(plan.site(target), DeleteName)]
    line = template("del " + ", ".join(["{}"] * len(kept)), *kept)
    plan.edits.statements[statement] = [line] if kept else []
