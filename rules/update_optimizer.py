"""LNX031: `tx.update` and `optax.apply_updates` become `optimizer.update`."""

from __future__ import annotations

import ast

from migrate.analysis.sites import ApplyUpdates, UpdateModel
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.put_back import put_back
from migrate.rewrite.edits import Piece, Template, template
from migrate.rule import Example, Rule

SITE = UpdateModel

RULE = Rule(
    code="LNX031",
    name="optimizer-update",
    title="`tx.update` and `optax.apply_updates` can become `optimizer.update`",
    fix="automatic",
    what=(
        "Finds `updates, opt_state = tx.update(grads, opt_state, params)` whose updates are applied by "
        "`optax.apply_updates(params, updates)` further down in the same block."
    ),
    why=(
        "Optax gives updates and a new state, and leaves the old values as they are. `optimizer.update` does "
        "both steps at once and in place. Statements between the two calls would see the new parameters."
    ),
    use_instead=(
        "`optimizer.update(model, grads)` where `tx.update` stood. It gives the updates back, for norms that "
        "are logged. Arguments such as `value=` are handed on."
    ),
    fix_safety=(
        "Parameters are handed to the transformation whether it was given them or not: those that need none "
        "do not look at them. Left alone: updates that are changed before they are applied, applied "
        "on some paths only or in another function, and old values that are read afterwards (LNX011)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


def train(x, y):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)
    tx = optax.sgd(0.1)
    opt_state = tx.init(params)

    @jax.jit
    def step(params, opt_state):
        loss, grads = jax.value_and_grad(lambda p: jnp.mean((model.apply(p, x) - y) ** 2))(params)
        updates, opt_state = tx.update(grads, opt_state, params)
        params = optax.apply_updates(params, updates)
        return params, opt_state, loss

    for _ in range(10):
        params, opt_state, loss = step(params, opt_state)
    return loss
""",
            after="""\
from flax import nnx
import jax
import jax.numpy as jnp
import optax


def train(x, y):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    tx = optax.sgd(0.1)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

    @jax.jit
    def step(model, optimizer):
        loss, grads = nnx.value_and_grad(lambda model: jnp.mean((model(x) - y) ** 2))(model)
        optimizer.update(model, grads)
        return model, optimizer, loss

    for _ in range(10):
        model, optimizer, loss = step(model, optimizer)
    return loss
""",
        ),
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
    if optax.global_norm(updates) < 1.0:
        params = optax.apply_updates(params, updates)
    return params
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def train_step(model: nnx.Module, optimizer: nnx.Optimizer, grads):
    optimizer.update(model, grads)
""",
    ),
)


def rewrite(plan: Plan, site: UpdateModel) -> None:
    """One statement in place of both; the updates keep their name where it is read."""
    statement = plan.statement(site.node)
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name() as updates, ast.Name() as new])]):
            pass
        case _:
            raise Blocked(site.node, "LNX031", "the updates and the new state have no names")
    optimizer = plan.optimizer_of(site.optimizer)
    named = plan.names(new).optimizer
    stays = put_back(plan, site) is not None
    taken = [] if stays or isinstance(site.optimizer, ast.Name) else [f"{named} = {optimizer}"]
    if stays:
        named = optimizer
    if not taken and named != optimizer:
        raise Blocked(new, "LNX018", f"`{new.id}` is one object with the optimizer state it is made from")
    update = _update(plan, site, named)
    if _is_read(plan, updates):
        update = template(f"{updates.id} = {{}}", update)
    plan.edits.statements[statement] = [*taken, update]


def _update(plan: Plan, site: UpdateModel, optimizer: str) -> Template:
    pieces: list[Piece] = [optimizer, plan.name_of(site.application.args[0]), site.grads]
    others = [k for k in site.node.keywords if k.arg != "params"]
    text = "{}.update({}, {}" + "".join(f", {k.arg}={{}}" for k in others) + ")"
    return template(text, *pieces, *(k.value for k in others))


def _is_read(plan: Plan, updates: ast.Name) -> bool:
    """Whether anything but their application reads the updates."""
    variable = plan.facts.scopes.variable(updates, updates.id)
    loads = (n for n in plan.facts.scopes.names(variable) if isinstance(n.ctx, ast.Load))
    return any(not isinstance(plan.site(plan.parent(node)), ApplyUpdates) for node in loads)
