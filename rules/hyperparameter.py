"""LNX037: a hyperparameter of the optimizer is read from the optimizer."""

from __future__ import annotations

from migrate.analysis.sites import ReadHyperparameter
from migrate.plan.context import Plan
from migrate.rule import Example, Rule

SITE = ReadHyperparameter

RULE = Rule(
    code="LNX037",
    name="hyperparameter",
    title="A hyperparameter of the optimizer can be read from the optimizer",
    fix="automatic",
    what='Finds reads such as `state.opt_state[1].hyperparams["learning_rate"]` of a train state.',
    why=(
        "The state of `optax.inject_hyperparams` is part of the optimizer now, with a Variable in place of "
        "each array."
    ),
    use_instead='`optimizer.opt_state[1].hyperparams["learning_rate"][...]`, which is an array as before.',
    fix_safety="Left alone: hyperparameters that are set, and all else of the optimizer state (LNX014).",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def create(x, schedule):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    tx = optax.inject_hyperparams(optax.sgd)(learning_rate=schedule)
    state = TrainState.create(apply_fn=model.apply, params=params, tx=tx)
    print(state.opt_state.hyperparams["learning_rate"].item())
""",
            after="""\
import optax
from flax import nnx


def create(x, schedule):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    tx = optax.inject_hyperparams(optax.sgd)(learning_rate=schedule)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    print(optimizer.opt_state.hyperparams["learning_rate"][...].item())
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def rate(optimizer: nnx.Optimizer):
    return optimizer.opt_state.hyperparams["learning_rate"][...]
""",
    ),
)


def rewrite(plan: Plan, site: ReadHyperparameter) -> None:
    """The same path behind the optimizer, and the array of the Variable that it leads to."""
    optimizer = plan.optimizer_of(site.root.value)
    written, begin = plan.facts.files.segment(site.node), plan.facts.files.segment(site.root)
    plan.edits.expressions[site.node] = f"{optimizer}.opt_state{written.removeprefix(begin)}[...]"
