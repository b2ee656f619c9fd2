"""LNX035: a record that holds parameters and an optimizer state holds a model and an optimizer."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import CreateRecord
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.records import (
    DEFINITION,
    STATE,
    TYPES,
    applying_methods,
    check_states,
    held_fields,
    is_optional,
    new_names,
)
from migrate.rule import Example, Rule

SITE = CreateRecord

RULE = Rule(
    code="LNX035",
    name="record-of-parameters",
    title="A record of parameters and optimizer state can hold a model and an optimizer",
    fix="automatic",
    what=(
        "Finds NamedTuples, `struct.dataclass`, `struct.PyTreeNode`, dataclasses and `chex.dataclass` of the "
        "project whose fields hold parameters, an optimizer state or a train state, with the places that "
        "make them, read them and replace fields of them."
    ),
    why="NNX objects are pytrees: a record of them goes through `jax.jit` and loops as it did before.",
    use_instead=(
        "The same class with `model` and `optimizer` at the same places. A field that holds a train state "
        "keeps its name and holds the pair `(model, optimizer)`. Its methods are read with it, and whoever "
        "hands the record on is not touched."
    ),
    fix_safety=(
        "Fields keep their names where something reads an attribute of that name from a value that is not "
        "known. Such components are written in the functional style, whatever the style. Left alone: fields "
        "that hold a model on some paths only, train states whose field may be read where the record is not "
        "followed to, and records that are extended or decorated further."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


class TrainingState(NamedTuple):
    params: Any
    opt_state: optax.OptState
    steps: int


def train(x):
    net = nn.Dense(1)
    tx = optax.sgd(0.1)

    def step(state, x):
        grads = jax.grad(lambda p: jnp.mean(net.apply(p, x) ** 2))(state.params)
        updates, opt_state = tx.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return TrainingState(params, opt_state, state.steps + 1)

    params = net.init(jax.random.key(0), x)
    state = step(TrainingState(params, tx.init(params), steps=0), x)
    return net.apply(state.params, x)
""",
            after="""\
from typing import NamedTuple

from flax import nnx
import jax.numpy as jnp
import optax


class TrainingState(NamedTuple):
    model: nnx.Module
    optimizer: nnx.Optimizer
    steps: int


def train(x):
    net = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    tx = optax.sgd(0.1)

    def step(state, x):
        grads = nnx.grad(lambda model: jnp.mean(model(x) ** 2))(state.model)
        optimizer = state.optimizer
        optimizer.update(state.model, grads)
        model = state.model
        return TrainingState(model, optimizer, state.steps + 1)

    state = step(TrainingState(net, nnx.Optimizer(net, tx, wrt=nnx.Param), steps=0), x)
    return state.model(x)
""",
        ),
    ),
    valid=(
        """\
from typing import NamedTuple

from flax import nnx


class TrainingState(NamedTuple):
    model: nnx.Module
    optimizer: nnx.Optimizer
""",
    ),
)


def rewrite(plan: Plan, site: CreateRecord) -> None:
    """Keywords follow the names of the fields; what only called the model goes."""
    rename_keywords(plan, site.node, site.cls)
    held = held_fields(plan.facts, site.cls)
    for name, expression in site.given:
        if held.get(name) == DEFINITION:
            plan.edits.arguments[site.node][expression] = ()


def rename_keywords(plan: Plan, node: ast.Call, cls: Class) -> None:
    """Give the keywords of a call the names that the fields have now."""
    names = new_names(plan.facts, cls)
    for keyword in node.keywords:
        if keyword.arg in names:
            plan.edits.arguments[node][keyword.value] = ((names[keyword.arg], keyword.value),)


def rewrite_class(plan: Plan, cls: Class) -> None:
    """Other names and types for the fields that hold something else now."""
    check_states(plan.facts, cls)
    held, names = held_fields(plan.facts, cls), new_names(plan.facts, cls)
    for method in applying_methods(plan.facts, cls):
        plan.edits.statements[method] = []
    for statement in cls.node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        if held.get(name) == DEFINITION:
            plan.edits.statements[statement] = []
        elif name in held:
            optional = is_optional(plan.facts, cls, name)
            if statement.value is not None and not (optional and ast.unparse(statement.value) == "None"):
                raise Blocked(statement, "LNX035", f"`{name}` has a default, and holds a model from now on")
            if held[name] == STATE and ast.unparse(statement.annotation) in ("Any", "typing.Any"):
                continue
            kind = _optional(statement.annotation) if optional else "{}"
            default = " = None" if statement.value is not None else ""
            plan.edits.statements[statement] = [f"{names[name]}: {kind.format(TYPES[held[name]])}{default}"]


def _optional(annotation: ast.expr) -> str:
    """The way in which a type is said to be optional, with a place for the type."""
    match annotation:
        case ast.Subscript(value=value) if ast.unparse(value).endswith("Optional"):
            return f"{ast.unparse(value)}[{{}}]"
        case _:
            return "{} | None"
