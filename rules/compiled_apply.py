"""LNX021: a compiled `apply` becomes a compiled call of the model."""

from __future__ import annotations

from migrate.analysis.sites import CompileApply
from migrate.plan.context import Plan
from migrate.plan.training.compiled_apply import compile_call
from migrate.rule import Example, Rule

SITE = CompileApply

RULE = Rule(
    code="LNX021",
    name="compiled-apply",
    title="A compiled `apply` can become a compiled call of the model",
    fix="automatic",
    what="Finds `net.apply = jax.jit(net.apply)`, after which every call through the definition is compiled.",
    why="A model is called itself, and what is set on a definition does not reach it.",
    use_instead="`net_apply = jax.jit(lambda model, *args: model(*args))`, called with the model.",
    fix_safety=(
        "Calls through the definition behind the statement take the compiled function, others stay plain. A "
        "statement under a condition, or a second one, leaves the component alone (LNX013)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/jax_and_nnx_transforms.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def act(x):
    net = nn.Dense(3)
    params = net.init(jax.random.key(0), x)["params"]
    net.apply = jax.jit(net.apply)
    return net.apply({"params": params}, x)
""",
            after="""\
from flax import nnx
import jax


def act(x):
    net = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    net_apply = jax.jit(lambda model, *args: model(*args))
    return net_apply(net, x)
""",
        ),
    ),
    valid=(
        """\
import jax
from flax import nnx

call = jax.jit(lambda model, *args: model(*args))


def act(model: nnx.Module, x):
    return call(model, x)
""",
    ),
)


def rewrite(plan: Plan, site: CompileApply) -> None:
    """Compile the call once, where `apply` was."""
    compile_call(plan, site)
