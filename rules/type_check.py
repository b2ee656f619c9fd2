"""LNX120: a question whether something is a train state is asked of its optimizer."""

from __future__ import annotations

from migrate.analysis.sites import CheckType
from migrate.plan.context import Plan
from migrate.rule import Example, Rule

SITE = CheckType

RULE = Rule(
    code="LNX120",
    name="type-check",
    title="Whether something is a train state can be asked of its optimizer",
    fix="automatic",
    what=(
        "Finds `isinstance(state, TrainState)`, and `self.assertIsInstance(state, TrainState)` of a test "
        "case, where the value surely is a train state."
    ),
    why="There is no train state any more: a model and its optimizer stand in its place.",
    use_instead="`isinstance(optimizer, nnx.Optimizer)`.",
    fix_safety="The answer is the same. Left alone: other classes, and tuples of classes.",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def create(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    assert isinstance(state, TrainState)
    return state
""",
            after="""\
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
    assert isinstance(optimizer, nnx.Optimizer)
    return model, optimizer
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def check(optimizer):
    assert isinstance(optimizer, nnx.Optimizer)
""",
    ),
)


def rewrite(plan: Plan, site: CheckType) -> None:
    """The optimizer is what every train state has and nothing else."""
    plan.edits.expressions[site.state] = plan.optimizer_of(site.state)
    plan.edits.expressions[site.cls] = "nnx.Optimizer"
