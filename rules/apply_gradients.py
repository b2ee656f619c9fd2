"""LNX002: `state.apply_gradients` becomes `optimizer.update`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Holder
from migrate.analysis.sites import ApplyGradients
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.lambdas import write_out
from migrate.plan.functions.needs import returned_in_place
from migrate.plan.training.beside import check_beside, check_beside_in_record, record_of
from migrate.plan.training.holders import reads_models
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule

SITE = ApplyGradients

RULE = Rule(
    code="LNX002",
    name="apply-gradients",
    title="`apply_gradients` can become `optimizer.update`",
    fix="automatic",
    what=(
        "Finds `state.apply_gradients(grads=...)` of a train state that can be followed, with the gradients "
        "of its own parameters."
    ),
    why=(
        "`apply_gradients` gives a new state and leaves the old one as it is. `optimizer.update` changes "
        "the model and the optimizer in place and gives no state back, so assigning its result would lose "
        "both."
    ),
    use_instead=(
        "`optimizer.update(model, grads)` as a statement. Where the old values are wanted as well, clone "
        "them first: `old = nnx.clone(model)`."
    ),
    fix_safety=(
        "Applied where nothing reads the old state afterwards (LNX011 says where something does). Left "
        "alone: a call with more than `grads`, gradients whose origin cannot be seen, and a call inside an "
        "expression."
    ),
    upstream="https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/training/optimizer.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def train(x, y):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))

    def loss_fn(params):
        return jnp.mean((state.apply_fn({"params": params}, x) - y) ** 2)

    grads = jax.grad(loss_fn)(state.params)
    state = state.apply_gradients(grads=grads)
    return state.apply_fn({"params": state.params}, x)
""",
            after="""\
import jax.numpy as jnp
import optax
from flax import nnx


def train(x, y):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)

    def loss_fn(model):
        return jnp.mean((model(x) - y) ** 2)

    grads = nnx.grad(loss_fn)(model)
    optimizer.update(model, grads)
    return model(x)
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def train(x, grads):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    return state.apply_gradients(grads=grads)
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


def rewrite(plan: Plan, site: ApplyGradients) -> None:
    """A statement of its own: the update happens in place and gives nothing back."""
    if isinstance(plan.facts.values[site.state], Holder):
        _update_holder(plan, site)
        return
    model, optimizer = plan.model_of(site.state), plan.optimizer_of(site.state)
    update = template("{}.update({}, {})", optimizer, model, site.grads)
    statement, parent = plan.statement(site.node), plan.parent(site.node)
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            if plan.is_item(site.state):
                names = plan.names(target)
                taken = f"{names.model}, {names.optimizer} = {plan.place(site.state)}"
                plan.edits.statements[statement] = [update, taken]
                return
            assert isinstance(site.state, ast.Name)
            if plan.names(target) != plan.names(site.state):
                raise Blocked(
                    site.node, "LNX018", f"`{target.id}` is one object with the state it is made from"
                )
            plan.edits.statements[statement] = [update]
        case ast.Return():
            result = [] if in_place(plan, site.node) else [template("return {}, {}", model, optimizer)]
            plan.edits.statements[statement] = [update, *result]
        case ast.Tuple() if isinstance(plan.parent(parent), ast.Return):
            check_beside(plan, site.node, parent)
            plan.edits.before[statement].append(update)
            if not in_place(plan, site.node):
                plan.edits.expressions[site.node] = template("({}, {})", model, optimizer)
        case ast.Lambda(body=body) if body is site.node:
            write_out(plan, parent, [update], template("{}, {}", model, optimizer))
        case _ if record := record_of(plan, site.node):
            check_beside_in_record(plan, site.node, record)
            plan.edits.before[statement].append(update)
            pair = template("({}, {})", model, optimizer)
            plan.edits.expressions[site.node] = plan.place(site.state) if plan.is_item(site.state) else pair
        case _:
            raise Blocked(
                site.node, "LNX002", "`apply_gradients` is called inside an expression: make it an assignment"
            )


def _update_holder(plan: Plan, site: ApplyGradients) -> None:
    """The state goes on as one value; other fields that are handed over follow by `replace`."""
    state = plan.written(site.state)
    optimizer = plan.optimizer_of(site.state)
    update = template(f"{optimizer}.update({state}.model, {{}})", site.grads)
    holder = plan.facts.values[site.state]
    assert isinstance(holder, Holder)
    others = [k for k in site.node.keywords if k.arg not in {"grads", holder.stats}]
    for keyword in others:
        if reads_models(plan.facts, keyword.value):
            message = "the old state is read beside the update that replaces it"
            raise Blocked(keyword.value, "LNX011", message)
    new: Piece = state
    if others:
        fields = [template(f"{keyword.arg}={{}}", keyword.value) for keyword in others]
        new = template(f"{state}.replace(" + ", ".join(["{}"] * len(fields)) + ")", *fields)
    statement, parent = plan.statement(site.node), plan.parent(site.node)
    match parent:
        case ast.Assign(targets=[ast.Name(id=target)]) if parent is statement:
            named = [] if target == new else [template(f"{target} = {{}}", new)]
            plan.edits.statements[statement] = [update, *named]
        case ast.Return():
            plan.edits.statements[statement] = [update, template("return {}", new)]
        case ast.Lambda(body=body) if body is site.node:
            write_out(plan, parent, [update], new)
        case ast.Tuple() if isinstance(plan.parent(parent), ast.Return):
            check_beside(plan, site.node, parent)
            plan.edits.before[statement].append(update)
            plan.edits.expressions[site.node] = new
        case _:
            raise Blocked(
                site.node, "LNX002", "`apply_gradients` is called inside an expression: make it an assignment"
            )


def in_place(plan: Plan, node: ast.expr) -> bool:
    """Whether the stateful style leaves this result out."""
    return plan.style == "stateful" and returned_in_place(plan.facts, node)
