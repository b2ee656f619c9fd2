"""LNX201: `jax.grad` and `jax.value_and_grad` of a loss over parameters become those of `nnx`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import Apply, ApplyFunction, Bind, CompileApply, Differentiate
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.positions import function_of, moved
from migrate.plan.training.statistics import vanishing_aux
from migrate.plan.training.whole_states import written
from migrate.plan.training.whole_variables import has_others
from migrate.rule import Example, Rule

SITE = Differentiate

RULE = Rule(
    code="LNX201",
    name="gradient",
    title="A gradient of parameters can become a gradient of the model",
    fix="automatic",
    what=(
        "Finds `jax.grad`, `jax.value_and_grad` and `jax.vjp` of a function that takes parameters, where a "
        "call hands it the parameters of a known model."
    ),
    why=(
        "The loss takes the model now. `nnx.grad` differentiates the parameters of a module and leaves the "
        "rest of it alone; `jax.grad` would drop what the module changes in the meantime, such as batch "
        "statistics."
    ),
    use_instead=(
        "`nnx.value_and_grad(loss_fn)(model, batch)`. The gradients are an `nnx.State` with the same leaves "
        "in the same order."
    ),
    fix_safety=(
        "`has_aux` and `argnums` stay, the latter pointed at the model if arguments moved. Values and "
        "gradients are the same bit by bit. `jax.vjp` is called through `vjp_of_params`, which is written "
        "into the file; left alone where the parameters do not stand in first place."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/jax_and_nnx_transforms.html#differences",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


def gradient_norm(x, y):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]

    def loss_fn(params, x, y):
        return jnp.mean((model.apply({"params": params}, x) - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    return loss, optax.global_norm(grads)
""",
            after="""\
from flax import nnx
import jax.numpy as jnp
import optax


def gradient_norm(x, y):
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))

    def loss_fn(model, x, y):
        return jnp.mean((model(x) - y) ** 2)

    loss, grads = nnx.value_and_grad(loss_fn)(model, x, y)
    return loss, optax.global_norm(grads)
""",
        ),
    ),
    valid=(
        """\
import jax
import jax.numpy as jnp


def slope(x):
    return jax.grad(lambda x: jnp.sum(x**2))(x)
""",
    ),
)
POSITIONAL = ("argnums", "has_aux", "holomorphic", "allow_int")


def rewrite(plan: Plan, site: Differentiate) -> None:
    """The transform takes the model where the parameters were; its options are keywords."""
    if site.scaled:
        _scaled(plan, site)
        return
    if site.inputs:
        _shift(plan, site)
        return
    name = getattr(plan.facts.values[site.node.func], "name", "jax.grad").rpartition(".")[2]
    if name == "vjp":
        plan.edits.expressions[site.node.func] = written(plan, site.node, "vjp_of_params", "LNX201")
        return
    plan.edits.expressions[site.node.func] = f"nnx.{name}"
    for value, keyword in zip(site.node.args[1:], POSITIONAL, strict=False):
        plan.edits.arguments[site.node][value] = ((keyword, value),)
    _shift(plan, site)
    function = function_of(plan.facts.values.get(site.function))
    if function is not None and vanishing_aux(plan, function):
        _without_aux(plan, site)


def _scaled(plan: Plan, site: Differentiate) -> None:
    """A `DynamicScale` differentiates trees: a function of the file hands it the parameters of the model."""
    assert isinstance(site.node.func, ast.Attribute)
    classes = {i.cls.node for t in site.scaled for i in plan.facts.origins[t] if isinstance(i.cls, Class)}
    if _is_called(plan) and any(has_others(plan.facts, node) for node in classes):
        message = "a `DynamicScale` differentiates a model with more than parameters, which would be lost"
        raise Blocked(site.node, "LNX201", message)
    plan.edits.expressions[site.node.func] = written(plan, site.node, "scaled_value_and_grad", "LNX201")
    loss = site.node.args[0]
    plan.edits.arguments[site.node][loss] = ((None, site.node.func.value), (None, loss))


def _is_called(plan: Plan) -> bool:
    """Whether a model is called anywhere, and not only its parameters given to definitions of Linen."""
    calling = Apply | ApplyFunction | Bind | CompileApply
    calls = (site for site in plan.component.sites if isinstance(site, calling))
    return any(site.node not in plan.definitions.views for site in calls)


def _without_aux(plan: Plan, site: Differentiate) -> None:
    """The statistics were all that the loss gave beside its value."""
    flags = [keyword.value for keyword in site.node.keywords if keyword.arg == "has_aux"]
    if not flags:
        raise Blocked(site.node, "LNX310", "the batch statistics are used as a value here")
    plan.edits.arguments[site.node][flags[0]] = ()


def _shift(plan: Plan, site: Differentiate) -> None:
    """Point `argnums` at the model where parameters before it went or came."""
    function = function_of(plan.facts.values.get(site.function))
    named = [keyword.value for keyword in site.node.keywords if keyword.arg == "argnums"]
    if function is None:
        return
    for value in named or site.node.args[1:2]:
        plan.edits.arguments[site.node][value] = (("argnums", moved(plan, function, site.node, value)),)
