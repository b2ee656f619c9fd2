"""LNX210: a module with its variables bound to it is the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.sites import Bind
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.model_methods import has_method
from migrate.rule import Example, Rule

SITE = Bind

RULE = Rule(
    code="LNX210",
    name="bound-model",
    title="A bound module is the model itself",
    fix="automatic",
    what="Finds `model.bind(variables)` of a known model, and the calls of what it gives.",
    why=(
        "A Linen module can only be called with variables bound to it. A model of NNX always has them, and "
        "nothing has to be bound."
    ),
    use_instead="`model(x)`, `model.encode(x)`.",
    fix_safety=(
        "A bound module keeps the parameters that it was given, and a model shows those that it has: calls "
        "after an update are left alone, as are bound modules that go anywhere else than to a name of the "
        "same function, submodules of them, and methods that draw random numbers."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#using-multiple-methods",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def features(x):
    model = nn.Dense(8)
    variables = model.init(jax.random.key(0), x)
    bound = model.bind(variables)
    return bound(x) + bound(-x)
""",
            after="""\
from flax import nnx


def features(x):
    model = nnx.Linear(x.shape[-1], 8, rngs=nnx.Rngs(0))
    return model(x) + model(-x)
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax


def bound(x):
    model = nn.Dense(8)
    variables = model.init(jax.random.key(0), x)
    return model.bind(variables)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def features(model: nnx.Module, x):
    return model(x) + model(-x)
""",
    ),
)


def rewrite(plan: Plan, site: Bind) -> None:
    """The model is called where the bound module was."""
    model = plan.model_of(site.variables)
    for use in _uses(plan, site):
        _check_call(plan, site, use)
        plan.edits.expressions[use] = model


def _uses(plan: Plan, site: Bind) -> Iterator[ast.expr]:
    """The places that read the bound module; the line that names it goes."""
    parent, scopes = plan.parent(site.node), plan.facts.scopes
    match parent:
        case ast.Assign(targets=[ast.Name() as target]):
            pass
        case _:
            yield site.node
            return
    nodes = scopes.names(scopes.variable(target, target.id))
    if any(node is not target and not isinstance(node.ctx, ast.Load) for node in nodes):
        raise Blocked(site.node, "LNX210", f"`{target.id}` is bound here and means something else elsewhere")
    plan.edits.statements[parent] = []
    yield from (node for node in nodes if node is not target)


def _check_call(plan: Plan, site: Bind, use: ast.expr) -> None:
    """A use is a call of the module, or of one of its methods, in the function that binds it."""
    scopes, parent = plan.facts.scopes, plan.parent(use)
    match parent:
        case ast.Call(func=function) if function is use:
            method = "__call__"
        case ast.Attribute(attr=method) if isinstance(above := plan.parent(parent), ast.Call) and (
            above.func is parent
        ):
            pass
        case _:
            raise Blocked(use, "LNX210", "a bound module is used for more than calls of it and its methods")
    if scopes.function(use) is not scopes.function(site.node):
        raise Blocked(use, "LNX210", "a bound module is called in another function than where it is bound")
    if not all(has_method(plan, instance.cls, method) for instance in site.instances):
        raise Blocked(use, "LNX210", f"`{method}` of a bound module draws random numbers or is not its own")
