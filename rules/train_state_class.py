"""LNX019: a train state with fields of its own becomes a record of model, optimizer and those fields."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.annotated_states import check_annotated
from migrate.plan.training.holders import field_name, held_fields, stats_field
from migrate.rule import Example, Rule

RULE = Rule(
    code="LNX019",
    name="train-state-class",
    title="A train state with fields of its own can hold a model and an optimizer",
    fix="automatic",
    what=(
        "Finds classes that extend `TrainState` by plain fields, such as target parameters, keys or "
        "counters, and whose states are created, updated and replaced in ways that are known."
    ),
    why=(
        "The class of Flax holds `apply_fn`, `params`, `tx` and `opt_state`, which NNX keeps in the model "
        "and the optimizer. What the program adds has no place in either."
    ),
    use_instead=(
        "A `struct.PyTreeNode` with `model`, `optimizer` and the same fields: it goes through functions, "
        "containers, `jax.jit` and `replace` as the train state did. A field with parameters becomes a model "
        "of its own, which is copied where Linen shared the arrays; a soft update writes into it. A field "
        "with batch statistics goes: the model holds them."
    ),
    fix_safety=(
        "Functions and containers that hand the state on are not touched. Such components are written in the "
        "functional style, whatever the style: a state that goes on as one value has to be returned. "
        "Methods, decorators and class attributes leave the component alone (LNX012)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
from typing import Any

import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


class State(TrainState):
    target_params: Any
    tau: float


def create(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    return State.create(
        apply_fn=model.apply,
        params=params,
        target_params=params,
        tau=0.1,
        tx=optax.sgd(0.1),
    )


def follow(state):
    target = optax.incremental_update(state.params, state.target_params, state.tau)
    return state.replace(target_params=target)


def main(x):
    state = follow(create(x))
    return state.apply_fn({"params": state.target_params}, x)
""",
            after="""\
import optax
from flax import nnx, struct


class State(struct.PyTreeNode):
    model: nnx.Module
    optimizer: nnx.Optimizer
    target_model: nnx.Module
    tau: float


def create(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    return State(
        model=model,
        target_model=nnx.clone(model),
        tau=0.1,
        optimizer=nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param),
    )


def follow(state):
    target = optax.incremental_update(
        nnx.state(state.model, nnx.Param),
        nnx.state(state.target_model, nnx.Param),
        state.tau,
    )
    nnx.update(state.target_model, target)
    return state


def main(x):
    state = follow(create(x))
    return state.target_model(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx, struct


class State(struct.PyTreeNode):
    model: nnx.Module
    optimizer: nnx.Optimizer
    target_model: nnx.Module
""",
    ),
)


def rewrite(plan: Plan, cls: Class) -> None:
    """Another base, two more fields, and models where there were parameters."""
    node = cls.node
    _check_name(plan, node)
    check_annotated(plan, cls)
    plan.edits.expressions[node.bases[0]] = "struct.PyTreeNode"
    held, stats = held_fields(plan.facts, cls), stats_field(plan.facts, cls)
    first = next(s for s in node.body if isinstance(s, ast.AnnAssign))
    plan.edits.before[first] += ["model: nnx.Module", "optimizer: nnx.Optimizer"]
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            if name == stats:
                plan.edits.statements[statement] = []
            if name in held:
                if statement.value is not None:
                    raise Blocked(statement, "LNX012", "a field with parameters has a default")
                plan.edits.statements[statement] = [f"{field_name(name)}: nnx.Module"]


def _check_name(plan: Plan, node: ast.ClassDef) -> None:
    file = plan.facts.file(node)
    known = file.imports.get("struct") == "flax.struct"
    if not known and plan.facts.scopes.mentions(file.tree, "struct"):
        raise Blocked(node, "LNX018", "`struct` is a name of this program, and the new code needs it")
