"""NNX504: an optimizer that is built anew at every step."""

from __future__ import annotations

from migrate.analysis.facts import Facts
from migrate.analysis.nnx_code.pitfalls import FreshOptimizer
from migrate.rewrite.edits import Edits
from migrate.rule import Example, Rule

PITFALL = FreshOptimizer

RULE = Rule(
    code="NNX504",
    name="fresh-optimizer",
    title="An optimizer is built anew for every update",
    fix="manual",
    what=(
        "Finds an `nnx.Optimizer` that is built in the body of a loop, or in a compiled step function, for "
        "a model that was there before, and that makes its update in the same turn."
    ),
    why=(
        "An optimizer holds the state of the gradient transformation: moments, momentum, the step that a "
        "schedule reads. One that lives for a single update starts from zero each time, so Adam turns into "
        "a sign descent, momentum does nothing and schedules stay at their first value, all in silence."
    ),
    use_instead=(
        "Build the optimizer once, beside the model, and hand both to the step: `train_step(model, "
        "optimizer, batch)`."
    ),
    fix_safety="Where the optimizer should live is for you to say, so nothing is edited.",
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import optax
from flax import nnx


def train(model, batches, loss_fn):
    for batch in batches:
        optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
        grads = nnx.grad(loss_fn)(model, batch)
        optimizer.update(model, grads)
"""
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


def train(batches, loss_fn):
    for seed in range(3):
        model = nnx.Linear(2, 1, rngs=nnx.Rngs(seed))
        optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
        for batch in batches:
            grads = nnx.grad(loss_fn)(model, batch)
            optimizer.update(model, grads)
""",
    ),
)


def report(facts: Facts, pitfall: FreshOptimizer, edits: Edits) -> tuple[str, bool]:
    """Nothing is edited."""
    where = "before the loop" if pitfall.within == "loop" else "outside and pass it in"
    return f"this optimizer lives for one update and loses its state: build it once, {where}", False
