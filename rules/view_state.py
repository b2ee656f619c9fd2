"""LNX121: `replace` of a state that is only applied afterwards becomes the model, or one beside it."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ViewState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.member_names import is_attribute
from migrate.rule import Example, Rule

SITE = ViewState

RULE = Rule(
    code="LNX121",
    name="state-view",
    title="A train state that is made to be applied can be a model",
    fix="automatic",
    what=(
        "Finds `state.replace(params=...)` with parameters of a known model, and "
        "`state.replace(apply_fn=model.apply)`, where only `params` and `apply_fn` of the result are used."
    ),
    why=(
        "A train state has everything that is needed to apply a model, so that programs make one inside of a "
        "loss, or for the model that evaluates. In NNX the model itself has that."
    ),
    use_instead=(
        "The model; for another definition a clone of it, into which `nnx.update` writes what the training "
        "has changed."
    ),
    fix_safety=(
        "The clone keeps its parameters until the program replaces them, as the state did. Left alone: "
        "states of classes of the project, states that go on as a whole or are read for more than these two "
        "fields, and another definition where the modules themselves are rewritten."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#using-trainstate-in-flax-nnx",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def create(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))


def predict(state, x):
    return state.apply_fn({"params": state.params}, x)


def step(state, x):
    def loss_fn(params):
        current = state.replace(params=params)
        return jnp.mean(predict(current, x) ** 2)

    return state.apply_gradients(grads=jax.grad(loss_fn)(state.params))


def main(x):
    state = create(x)
    state = step(state, x)
    return predict(state, x)
""",
            after="""\
import jax.numpy as jnp
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)


def predict(model, x):
    return model(x)


def step(model, optimizer, x):
    def loss_fn(model):
        return jnp.mean(predict(model, x) ** 2)

    optimizer.update(model, nnx.grad(loss_fn)(model))
    return model, optimizer


def main(x):
    model, optimizer = create(x)
    model, optimizer = step(model, optimizer, x)
    return predict(model, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def predict(model: nnx.Module, x):
    return model(x)
""",
    ),
)


def rewrite(plan: Plan, site: ViewState) -> None:
    """Another name for the model goes if it would be the same; a model of its own takes parameters over."""
    statement, target = plan.statement(site.node), target_of(plan, site)
    model, name = plan.model_of(site.params), plan.names(target).model
    if site.own:
        plan.edits.statements[statement] = [f"nnx.update({name}, nnx.state({model}, nnx.Param))"]
    else:
        plan.edits.statements[statement] = [] if name == model else [f"{name} = {model}"]


def target_of(plan: Plan, site: ViewState) -> ast.Name:
    """The local name that the result is assigned to."""
    match plan.parent(site.node):
        case ast.Assign(targets=[ast.Name() as target]) if not is_attribute(plan.facts, target):
            return target
        case _:
            raise Blocked(site.node, "LNX012", "`replace` is called inside an expression: assign it first")
