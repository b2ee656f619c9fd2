"""LNX032: `optax.apply_updates` goes, as `optimizer.update` has changed the model."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ApplyUpdates
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.put_back import all_put_back
from migrate.rule import Example, Rule

SITE = ApplyUpdates

RULE = Rule(
    code="LNX032",
    name="apply-updates",
    title="`optax.apply_updates` is a part of `optimizer.update`",
    fix="automatic",
    what="Finds `optax.apply_updates(params, updates)` behind the `tx.update` that gave the updates.",
    why="`optimizer.update` applies the updates to the model, so that nothing is left to be done here.",
    use_instead="The model.",
    fix_safety=(
        "Left alone: updates that are applied twice, to other parameters, or under a second name of the "
        "model while the first is still used."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


def step(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)
    tx = optax.sgd(0.1)
    opt_state = tx.init(params)
    grads = jax.grad(lambda p: jnp.mean(model.apply(p, x)))(params)
    updates, opt_state = tx.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state
""",
            after="""\
from flax import nnx
import jax.numpy as jnp
import optax


def step(x):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    tx = optax.sgd(0.1)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    grads = nnx.grad(lambda model: jnp.mean(model(x)))(model)
    optimizer.update(model, grads)
    return model, optimizer
""",
        ),
    ),
    valid=(
        """\
import optax


def move(params, updates):
    return optax.apply_updates(params, updates)
""",
    ),
)


def rewrite(plan: Plan, site: ApplyUpdates) -> None:
    """An assignment to another name of the model goes; elsewhere the model stands for the new parameters."""
    model = plan.name_of(site.params)
    parent = plan.parent(site.node)
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            reads = plan.facts.scopes.names(plan.facts.scopes.variable(target, target.id))
            if any(k.value in reads for put in all_put_back(plan) for k in put.keywords):
                plan.edits.statements[plan.statement(site.node)] = []
                return
            if not isinstance(site.params, ast.Name):
                plan.edits.statements[plan.statement(site.node)] = [f"{plan.names(target).model} = {model}"]
                return
            if plan.names(target).model != model:
                raise Blocked(site.node, "LNX018", f"`{target.id}` is one object with what it is made from")
            plan.edits.statements[plan.statement(site.node)] = []
        case _:
            plan.edits.expressions[site.node] = model
