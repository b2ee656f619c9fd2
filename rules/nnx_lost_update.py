"""NNX505: plain `jax.jit` around an update in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Symbol
from migrate.analysis.nnx_code.nnx_kinds import NnxArgument, NnxModel, NnxOptimizer
from migrate.analysis.nnx_code.pitfalls import LostUpdate
from migrate.plan.naming.nnx_names import spelled
from migrate.rewrite.edits import Edits
from migrate.rule import Example, Rule

PITFALL = LostUpdate

RULE = Rule(
    code="NNX505",
    name="lost-update",
    title="An update in place under `jax.jit` is lost",
    fix="automatic",
    what=(
        "Finds functions under plain `jax.jit` that update a model or an optimizer, one of their arguments, "
        "in place and do not return it."
    ),
    why=(
        "Since Flax 0.11 modules are pytrees, so `jax.jit` accepts them and hands the function copies. The "
        "update changes the copies, which are dropped when the function returns: nothing is trained, the "
        "loss stays the same at every step, and nothing is said."
    ),
    use_instead=(
        "`@nnx.jit`, which carries updates back to the caller's objects; or keep `jax.jit`, return the "
        "model and the optimizer, and bind them at the call: `model, optimizer, loss = train_step(model, "
        "optimizer, batch)`."
    ),
    fix_safety=(
        "A bare `@jax.jit` becomes `@nnx.jit` where the function returns nothing of what it updates and "
        "every use of it in the file is a call with a model or optimizer that is known. The program then "
        "trains, so its numbers change. Anything else is reported only. Files that use `nnx.var_defaults` "
        "or `nnx.with_vars` are passed over: with mutable variables the update does arrive."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/jax_and_nnx_transforms.html#mixing-flax-nnx-and-jax-transforms",
    invalid=(
        Example(
            before="""\
import jax
import jax.numpy as jnp
import optax
from flax import nnx


@jax.jit
def train_step(model, optimizer, x):
    loss, grads = nnx.value_and_grad(lambda model: jnp.mean(model(x) ** 2))(model)
    optimizer.update(model, grads)
    return loss


model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
for _ in range(3):
    print(train_step(model, optimizer, jnp.ones((4, 2))))
""",
            after="""\
import jax.numpy as jnp
import optax
from flax import nnx


@nnx.jit
def train_step(model, optimizer, x):
    loss, grads = nnx.value_and_grad(lambda model: jnp.mean(model(x) ** 2))(model)
    optimizer.update(model, grads)
    return loss


model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
for _ in range(3):
    print(train_step(model, optimizer, jnp.ones((4, 2))))
""",
        ),
        Example(
            before="""\
import jax
import jax.numpy as jnp
from flax import nnx


@jax.jit
def train_step(model, optimizer, x):
    grads = nnx.grad(lambda model: jnp.mean(model(x) ** 2))(model)
    optimizer.update(model, grads)
    return model
"""
        ),
    ),
    valid=(
        """\
import jax
import jax.numpy as jnp
from flax import nnx


@jax.jit
def train_step(model, optimizer, x):
    loss, grads = nnx.value_and_grad(lambda model: jnp.mean(model(x) ** 2))(model)
    optimizer.update(model, grads)
    return model, optimizer, loss
""",
    ),
)


def report(facts: Facts, pitfall: LostUpdate, edits: Edits) -> tuple[str, bool]:
    """The decorator is exchanged where that is all there is to it."""
    names = " and ".join(f"`{name}`" for name in pitfall.names)
    message = f"`jax.jit` drops the update of {names}: use `nnx.jit`, or return and rebind what is updated"
    transform = spelled(facts, pitfall.node, "jit")
    if not pitfall.whole or transform is None or not _is_bare(pitfall) or not _all_called(facts, pitfall):
        return message, False
    edits.expressions[pitfall.node] = transform
    return message, True


def _is_bare(pitfall: LostUpdate) -> bool:
    decorators = [] if isinstance(pitfall.function, ast.Lambda) else pitfall.function.decorator_list
    return decorators == [pitfall.node] and not isinstance(pitfall.node, ast.Call)


def _all_called(facts: Facts, pitfall: LostUpdate) -> bool:
    """Whether the function is only ever called, with objects that are known where it updates them."""
    uses = [*_uses(facts, pitfall)]
    return bool(uses) and all(_is_known_call(facts, pitfall, use) for use in uses)


def _uses(facts: Facts, pitfall: LostUpdate) -> Iterator[ast.Name]:
    function, scopes = pitfall.function, facts.scopes
    assert not isinstance(function, ast.Lambda)
    for node in ast.walk(scopes.module(function)):
        if isinstance(node, ast.Name) and node.id == function.name:
            variable = scopes.variable(node, node.id)
            if variable is not None and variable.scope is scopes.scope[function]:
                yield node


def _is_known_call(facts: Facts, pitfall: LostUpdate, use: ast.Name) -> bool:
    call = facts.scopes.parent[use]
    if not isinstance(call, ast.Call) or call.func is not use:
        return False
    binding = facts.bindings.get(call, {}).get(pitfall.function)
    given = dict(binding.arguments) if binding is not None else {}
    values = [facts.values.get(given[name]) for name in pitfall.names if name in given]
    known = all(isinstance(value, (NnxModel, NnxOptimizer, NnxArgument)) for value in values)
    return known and len(values) == len(pitfall.names) and facts.values.get(pitfall.node) == Symbol("jax.jit")
