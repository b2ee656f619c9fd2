"""LNX208: `nn.apply(function, module)(variables)` becomes a call of the function with the model."""

from __future__ import annotations

import ast

from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.sites import ApplyFunction
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.model_methods import has_method
from migrate.rewrite.edits import template
from migrate.rule import Example, Rule

SITE = ApplyFunction

RULE = Rule(
    code="LNX208",
    name="apply-function",
    title="A function under `nn.apply` can be called with the model",
    fix="automatic",
    what="Finds `nn.apply(function, module)(variables)` of a function of the program and a known model.",
    why=(
        "A Linen module can only be called with its variables bound to it, which `nn.apply` does for as long "
        "as the function runs. A model of NNX always has them."
    ),
    use_instead="`function(model)`.",
    fix_safety=(
        "The function stays as it is. Left alone: options of `nn.apply`, a function that does anything else "
        "with the module than to call it and its methods, and a model that draws random numbers there."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#using-multiple-methods",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp


def spread(x):
    def both(layer):
        return jnp.max(layer(x)) - jnp.min(layer(-x))

    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    return nn.apply(both, model)({"params": params})
""",
            after="""\
from flax import nnx
import jax.numpy as jnp


def spread(x):
    def both(layer):
        return jnp.max(layer(x)) - jnp.min(layer(-x))

    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    return both(model)
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax


def names(x):
    def listed(layer):
        return list(layer.variables), layer(x)

    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    return nn.apply(listed, model)({"params": params})
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def both(model: nnx.Module, x):
    return model(x), model(-x)
""",
    ),
)


def rewrite(plan: Plan, site: ApplyFunction) -> None:
    """The function is called with the model."""
    _check_uses(plan, site)
    model = plan.model_of(site.variables)
    plan.edits.expressions[site.node] = template("{}({})", site.inner.args[0], model)


def _check_uses(plan: Plan, site: ApplyFunction) -> None:
    scopes = plan.facts.scopes
    name = _parameter(site.function)
    for node in ast.walk(site.function):
        if isinstance(node, ast.Name) and node.id == name:
            variable = scopes.variable(node, name)
            if variable is not None and variable.scope is site.function and not _is_call(plan, site, node):
                message = f"`{name}` is a module under `nn.apply` and is used for more than calls"
                raise Blocked(node, "LNX208", message)


def _parameter(function: FunctionNode) -> str:
    return (*function.args.posonlyargs, *function.args.args)[0].arg


def _is_call(plan: Plan, site: ApplyFunction, node: ast.Name) -> bool:
    """`model(x)` or `model.method(x)` of a method that every model has and that draws no random numbers."""
    parent = plan.parent(node)
    match parent:
        case ast.Call(func=function) if function is node:
            method = "__call__"
        case ast.Attribute(attr=method):
            above = plan.parent(parent)
            if not isinstance(above, ast.Call) or above.func is not parent:
                return False
        case _:
            return False
    return all(has_method(plan, instance.cls, method) for instance in site.instances)
