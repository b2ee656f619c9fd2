"""NNX503: the result of `optimizer.update(...)` is taken for a new state."""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.nnx_code.pitfalls import UpdateResult
from migrate.rewrite.edits import Edits, template
from migrate.rule import Example, Rule

PITFALL = UpdateResult

RULE = Rule(
    code="NNX503",
    name="update-result",
    title="The result of `optimizer.update` is taken for a new state",
    fix="automatic",
    what=(
        "Finds results of `nnx.Optimizer.update` that are bound to the optimizer, to the model or to a name "
        "that nothing reads, and results that are used further on as a model or a state."
    ),
    why=(
        "`update` changes model and optimizer in place. It gave nothing back until Flax 0.12.6 and gives "
        "the updates since 0.12.7, so a name that is bound to its result holds None or a tree of updates: "
        "the next step fails, or works on the wrong thing. It is what remains of `state = "
        "state.apply_gradients(...)`."
    ),
    use_instead=(
        "`optimizer.update(model, grads)` as a statement. `updates = optimizer.update(model, grads)` is "
        "fine where the updates themselves are wanted, from Flax 0.12.7 on."
    ),
    fix_safety=(
        "The assignment becomes a plain statement where its targets are the optimizer and the model of that "
        "very call, or a name that nothing reads; the objects then keep their names. Results that are read "
        "are reported only."
    ),
    upstream="https://github.com/google/flax/pull/5214",
    invalid=(
        Example(
            before="""\
from flax import nnx


def train_step(model: nnx.Module, optimizer: nnx.Optimizer, grads):
    optimizer = optimizer.update(model, grads)
    return model, optimizer
""",
            after="""\
from flax import nnx


def train_step(model: nnx.Module, optimizer: nnx.Optimizer, grads):
    optimizer.update(model, grads)
    return model, optimizer
""",
        ),
        Example(
            before="""\
from flax import nnx


def train_step(model: nnx.Module, optimizer: nnx.Optimizer, grads, x):
    state = optimizer.update(model, grads)
    return state(x)
"""
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


def train_step(model: nnx.Module, optimizer: nnx.Optimizer, grads):
    updates = optimizer.update(model, grads)
    return optax.global_norm(updates)
""",
    ),
)
MESSAGES = {
    "itself": "`update` works in place and gives no new state back: write it as a statement",
    "unread": "`update` works in place and nothing reads its result: write it as a statement",
    "other": "the result of `update` is no state and replaces a model or optimizer here: keep the old one",
    "state": "the result of this `update` is used as a model or state: use the objects that it updated",
}


def report(facts: Facts, pitfall: UpdateResult, edits: Edits) -> tuple[str, bool]:
    """The assignment becomes the bare call."""
    message = MESSAGES[pitfall.use]
    statement = facts.scopes.parent[pitfall.node]
    if pitfall.use in {"other", "state"} or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return message, False
    if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
        return message, False
    edits.statements[statement] = [template("{}", pitfall.node)]
    return message, True
