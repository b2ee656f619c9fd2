"""LNX122: `state.replace(params=tree, opt_state=tree)` writes into the model and the optimizer."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ReadState, ReplaceTrees
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule
from rules.apply_gradients import in_place

SITE = ReplaceTrees

RULE = Rule(
    code="LNX122",
    name="replace-trees",
    title="Trees that a train state is given can be written into the model and the optimizer",
    fix="automatic",
    what=(
        "Finds `state.replace(params=..., opt_state=...)` with trees that were computed leaf by leaf from "
        "those of the state, as `where(is_finite, new, old)` does, and with a first step, as in `step=0`."
    ),
    why="In NNX the model and the optimizer hold the numbers, so that others are written into them.",
    use_instead=(
        "`nnx.update(model, tree)`, `nnx.update(optimizer.opt_state, nnx.state(tree))` and "
        "`optimizer.step[...] = 0`. What the trees were before an update is kept in front of it by "
        "`nnx.clone`."
    ),
    fix_safety=(
        "Left alone: trees of anything else, an optimizer state that is kept or handed on, and old trees "
        "where the update does not stand in front of the place that reads them, in the same block (LNX011)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/graph.html",
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


def step(state, x):
    def loss_fn(params):
        return jnp.mean(state.apply_fn({"params": params}, x) ** 2)

    grads = jax.grad(loss_fn)(state.params)
    new_state = state.apply_gradients(grads=grads)
    half = jax.tree.map(lambda new, old: (new + old) / 2, new_state.params, state.params)
    return new_state.replace(params=half)


def main(x):
    state = create(x)
    state = step(state, x)
    return state.apply_fn({"params": state.params}, x)
""",
            after="""\
import jax
import jax.numpy as jnp
import optax
from flax import nnx


def create(x):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)


def step(model, optimizer, x):
    def loss_fn(model):
        return jnp.mean(model(x) ** 2)

    grads = nnx.grad(loss_fn)(model)
    old_params = nnx.clone(nnx.state(model, nnx.Param))
    optimizer.update(model, grads)
    half = jax.tree.map(
        lambda new, old: (new + old) / 2, nnx.state(model, nnx.Param), old_params
    )
    nnx.update(model, half)
    return model, optimizer


def main(x):
    model, optimizer = create(x)
    model, optimizer = step(model, optimizer, x)
    return model(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def load(model: nnx.Module, tree):
    nnx.update(model, tree)
""",
    ),
)


def rewrite(plan: Plan, site: ReplaceTrees) -> None:
    """A statement for each tree, in the order of the program."""
    model, optimizer = plan.model_of(site.state), plan.optimizer_of(site.state)
    _check_apart(plan, site)
    updates: list[Piece] = []
    for keyword in site.node.keywords:
        if keyword.arg == "params":
            updates.append(template(f"nnx.update({model}, {{}})", keyword.value))
        elif keyword.arg == "step":
            updates.append(template(f"{optimizer}.step[...] = {{}}", keyword.value))
        else:
            updates.append(template(f"nnx.update({optimizer}.opt_state, nnx.state({{}}))", keyword.value))
    statement = plan.statement(site.node)
    match plan.parent(site.node):
        case ast.Assign(targets=[ast.Name() as target]) if isinstance(site.state, ast.Name):
            if plan.names(target) != plan.names(site.state):
                message = f"`{target.id}` is one object with the state it is made from"
                raise Blocked(site.node, "LNX018", message)
            plan.edits.statements[statement] = updates
        case ast.Return():
            result = [] if in_place(plan, site.node) else [template("return {}, {}", model, optimizer)]
            plan.edits.statements[statement] = [*updates, *result]
        case _:
            raise Blocked(site.node, "LNX122", "`replace` is called inside an expression: assign it first")


def _check_apart(plan: Plan, site: ReplaceTrees) -> None:
    """The trees are written one after the other, so that none may be made from what another changes."""
    named = [keyword.arg for keyword in site.node.keywords]
    for keyword in site.node.keywords:
        for node in ast.walk(keyword.value):
            read = plan.site(node)
            if isinstance(read, ReadState) and read.field in named and read.field != keyword.arg:
                message = "parameters and optimizer state are replaced at once, one of them made from both"
                raise Blocked(keyword.value, "LNX122", message)
