"""LNX001: `TrainState.create` becomes `nnx.Optimizer`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Group
from migrate.analysis.sites import CreateState
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.applied_views import exchanged
from migrate.plan.training.beside import record_of
from migrate.plan.training.groups import check_order
from migrate.plan.training.member_names import is_attribute
from migrate.rewrite.edits import Piece, Template, template
from migrate.rule import Example, Rule

SITE = CreateState

RULE = Rule(
    code="LNX001",
    name="train-state-create",
    title="`TrainState.create` can become `nnx.Optimizer`",
    fix="automatic",
    what=(
        "Finds `TrainState.create(apply_fn=..., params=..., tx=...)` of Flax's own `TrainState` for a model "
        "whose parameters can be followed from `init` to here; beside others of a wrapped module, also one "
        "that is created from the plain tree of a file. One that is made without an optimizer "
        "(`TrainState(..., tx=None, opt_state=None)`) becomes the model beside None, and one that the class "
        "makes with `step=0` and `opt_state=tx.init(params)` what `create` becomes."
    ),
    why=(
        "A train state bundles the apply function, the parameters, the gradient transformation and its "
        "state. An NNX model holds its parameters and can be called, so what is left for a second object is "
        "the transformation and its state: `nnx.Optimizer`."
    ),
    use_instead=(
        "`optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)` beside the model. What was one name becomes "
        "two."
    ),
    fix_safety=(
        "The numbers stay bit by bit the same from the same parameters. Left alone: a subclass of "
        "`TrainState`, further fields, `apply_fn` and `params` of different models, a second state from the "
        "same parameters, and a state that is created inside an expression."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#using-trainstate-in-flax-nnx",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def create(x, rate):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.adam(rate))
    return state
""",
            after="""\
import optax
from flax import nnx


def create(x, rate):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adam(rate), wrt=nnx.Param)
    return model, optimizer
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def create(x, rate):
    first, second = nn.Dense(3), nn.DenseGeneral(3)
    one = first.init(jax.random.key(0), x)["params"]
    two = second.init(jax.random.key(1), x)["params"]
    print(second.apply({"params": two}, x))
    return TrainState.create(apply_fn=second.apply, params=one, tx=optax.adam(rate))
""",
        ),
    ),
    valid=(
        """\
import optax
from flax import nnx


def create(x, rate):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    return model, nnx.Optimizer(model, optax.adam(rate), wrt=nnx.Param)
""",
    ),
)


def rewrite(plan: Plan, site: CreateState) -> None:
    """The optimizer where the state was assigned; a pair wherever it goes on as a value."""
    if not site.bare:
        claim_optimizer_state(plan, site.node)
    if site.group is not None:
        check_order(plan, site.node, site.group.shape, plan.facts.values.get(site.tx))
    if site.group is not None and not isinstance(plan.facts.values[site.params], Group):
        _of_several(plan, site)
        return
    if site.copied:
        _of_its_own(plan, site)
        return
    model = plan.model_of(site.params)
    if site.node in plan.definitions.views:
        plan.edits.before[plan.statement(site.node)].append(exchanged(site, model))
    optimizer = _optimizer(site, model)
    parent = plan.parent(site.node)
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            names = plan.names(target)
            if names.model != model and is_attribute(plan.facts, target):
                plan.edits.statements[plan.statement(site.node)] = [
                    template("{} = {}", names.model, model),
                    template("{} = {}", names.optimizer, optimizer),
                ]
                return
            if names.model != model:
                raise Blocked(site.node, "LNX018", f"`{target.id}` holds different models at different times")
            plan.edits.statements[plan.statement(site.node)] = [
                template("{} = {}", names.optimizer, optimizer)
            ]
        case ast.Return():
            plan.edits.expressions[site.node] = template("{}, {}", model, optimizer)
        case _ if isinstance(parent, ast.Tuple | ast.Dict) or record_of(plan, site.node):
            plan.edits.expressions[site.node] = template("({}, {})", model, optimizer)
        case _:
            raise Blocked(
                site.node, "LNX010", "a train state is created inside an expression: assign it first"
            )


def claim_optimizer_state(plan: Plan, node: ast.Call) -> None:
    """Nothing is left of `opt_state=tx.init(params)`, which the new optimizer makes."""
    for keyword in node.keywords:
        if keyword.arg == "opt_state":
            plan.claimed |= {*ast.walk(keyword.value)}


def _of_its_own(plan: Plan, site: CreateState) -> None:
    """A copy of the model whose parameters an attribute goes on holding."""
    target = plan.statement(site.node)
    assert isinstance(target, ast.Assign) and isinstance(target.targets[0], ast.Name)
    names = plan.names(target.targets[0])
    lines: list[Piece] = [template(f"{names.model} = nnx.clone({{}})", _chosen(plan, site.params))]
    if site.node in plan.definitions.views:
        lines.append(exchanged(site, names.model))
    lines.append(template(f"{names.optimizer} = {{}}", _optimizer(site, names.model)))
    plan.edits.statements[target] = [*lines]


def _optimizer(site: CreateState, model: Piece) -> Template:
    """The optimizer of a state, or None where the state was made without one."""
    if site.bare:
        return template("{}", site.tx)
    return template("nnx.Optimizer({}, {}, wrt=nnx.Param)", model, site.tx)


def _chosen(plan: Plan, params: ast.expr) -> Piece:
    """The model of the parameters, or of those that a condition chooses."""
    if not isinstance(params, ast.IfExp):
        return plan.model_of(params)
    body, orelse = _chosen(plan, params.body), _chosen(plan, params.orelse)
    return template("{} if {} else {}", body, params.test, orelse)


def _of_several(plan: Plan, site: CreateState) -> None:
    """The models get a name where the state was assigned: the optimizer is made for all of them."""
    match plan.parent(site.node):
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            names = plan.names(target)
            optimizer = template(f"nnx.Optimizer({names.model}, {{}}, wrt=nnx.Param)", site.tx)
            plan.edits.statements[plan.statement(site.node)] = [
                template(f"{names.model} = {{}}", site.params),
                template(f"{names.optimizer} = {{}}", optimizer),
            ]
        case ast.Return() as statement:
            name = plan.unused_name(site.node)
            plan.edits.before[statement].append(template(f"{name} = {{}}", site.params))
            plan.edits.expressions[site.node] = template(
                f"{name}, nnx.Optimizer({name}, {{}}, wrt=nnx.Param)", site.tx
            )
        case _:
            message = "a train state of several models is created inside an expression: assign it first"
            raise Blocked(site.node, "LNX010", message)
