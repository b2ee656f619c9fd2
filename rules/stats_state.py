"""LNX205: a train state whose own field holds batch statistics becomes a model and an optimizer."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ReplaceStats
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import template
from migrate.rule import Example, Rule
from rules.apply_gradients import in_place

SITE = ReplaceStats

RULE = Rule(
    code="LNX205",
    name="state-with-statistics",
    title="The batch statistics of a train state can stay in the model",
    fix="automatic",
    what=(
        "Finds classes that extend `TrainState` by one field with batch statistics, and the updates of that "
        "field by `replace` and `apply_gradients`."
    ),
    why=(
        "A Linen model gets its statistics with every call and gives the new ones back, so that a train "
        "state has to keep them. A model of NNX holds them and moves them at every call in training mode."
    ),
    use_instead="A model and an optimizer, as for any train state; the class and its field go.",
    fix_safety=(
        "Applied where the state is given the newest statistics before it goes on. Left alone: statistics of "
        "another model or of another time, and statistics that are changed by hand."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(
        Example(
            before="""\
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training import train_state


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = True):
        x = nn.Dense(4)(x)
        return nn.BatchNorm(use_running_average=not train)(x)


class TrainState(train_state.TrainState):
    batch_stats: Any


def create(x):
    model = Net()
    variables = model.init(jax.random.key(0), x, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables["batch_stats"],
        tx=optax.sgd(0.1),
    )


@jax.jit
def train_step(state, x):
    def loss_fn(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        y, updates = state.apply_fn(variables, x, mutable=["batch_stats"])
        return jnp.mean(y**2), updates

    (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
    state = state.apply_gradients(grads=grads)
    state = state.replace(batch_stats=updates["batch_stats"])
    return state, loss


def main(x):
    state = create(x)
    state, loss = train_step(state, x)
    print(loss)
""",
            after="""\
import jax
import jax.numpy as jnp
import optax
from flax import nnx


class Net(nnx.Module):
    def __init__(self, *, in_features: int, rngs: nnx.Rngs):
        self.Dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.BatchNorm_0 = nnx.BatchNorm(4, rngs=rngs)

    def __call__(self, x, train: bool = True):
        x = self.Dense_0(x)
        return self.BatchNorm_0(x, use_running_average=not train)


def create(x):
    model = Net(in_features=x.shape[-1], rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)


@jax.jit
def train_step(model, optimizer, x):
    def loss_fn(model):
        y = model(x)
        return jnp.mean(y**2)

    loss, grads = nnx.value_and_grad(loss_fn)(model)
    optimizer.update(model, grads)
    return (model, optimizer), loss


def main(x):
    model, optimizer = create(x)
    (model, optimizer), loss = train_step(model, optimizer, x)
    print(loss)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx, struct


class State(struct.PyTreeNode):
    model: nnx.Module
    optimizer: nnx.Optimizer
""",
    ),
)


def rewrite(plan: Plan, site: ReplaceStats) -> None:
    """Nothing is left of it: the model has moved its statistics already."""
    statement, parent = plan.statement(site.node), plan.parent(site.node)
    model, optimizer = plan.model_of(site.state), plan.optimizer_of(site.state)
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) if isinstance(site.state, ast.Name):
            if plan.names(target) != plan.names(site.state):
                message = f"`{target.id}` is one object with the state it is made from"
                raise Blocked(site.node, "LNX018", message)
            plan.edits.statements[statement] = []
        case ast.Return():
            pair = template("return {}, {}", model, optimizer)
            plan.edits.statements[statement] = [] if in_place(plan, site.node) else [pair]
        case ast.Tuple() if isinstance(plan.parent(parent), ast.Return):
            if not in_place(plan, site.node):
                plan.edits.expressions[site.node] = template("({}, {})", model, optimizer)
        case _:
            raise Blocked(site.node, "LNX205", "`replace` is called inside an expression: assign it first")
