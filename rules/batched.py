"""LNX207: `jax.vmap`, `jax.pmap` and `jax.checkpoint` of functions that take a train state or a model."""

from __future__ import annotations

import ast

from migrate.analysis.ageing import has_stats
from migrate.analysis.kinds import Sequence
from migrate.analysis.sites import Batch
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.positions import moved, spread
from migrate.rule import Example, Rule

SITE = Batch

RULE = Rule(
    code="LNX207",
    name="batched-function",
    title="A batched step can take the model and the optimizer",
    fix="automatic",
    what=(
        "Finds `jax.vmap`, `jax.pmap` and `jax.checkpoint`, as a call, a decorator or a `partial`, of a "
        "function that takes a train state, parameters or a model."
    ),
    why=(
        "The step has other arguments now, so that `in_axes`, `donate_argnums`, `static_argnums` and "
        "`static_broadcasted_argnums` point elsewhere. It works on copies, so what it updates is returned."
    ),
    use_instead=(
        "`model, optimizer = p_step(model, optimizer, batch)` with `p_step = jax.pmap(train_step)`, "
        "in either style: NNX objects are pytrees, and `jax_utils.replicate` and `jax.lax.pmean` take them."
    ),
    fix_safety=(
        "The numbers of arguments and the axes move with them. Left alone: computed numbers and axes, "
        "`out_axes`, a state that is updated and not returned, and batch statistics that change inside of "
        "`jax.checkpoint`."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/jax_and_nnx_transforms.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import jax_utils
from flax.training.train_state import TrainState


def train_step(state, x, rate):
    def loss_fn(params):
        return rate * jnp.mean(state.apply_fn({"params": params}, x) ** 2)

    grads = jax.lax.pmean(jax.grad(loss_fn)(state.params), axis_name="batch")
    return state.apply_gradients(grads=grads)


def main(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x[0])["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    state = jax_utils.replicate(state)
    p_train_step = jax.pmap(train_step, axis_name="batch", in_axes=(0, 0, None))
    state = p_train_step(state, x, 2.0)
    return jax_utils.unreplicate(state.step)
""",
            after="""\
import jax
import jax.numpy as jnp
import optax
from flax import jax_utils, nnx


def train_step(model, optimizer, x, rate):
    def loss_fn(model):
        return rate * jnp.mean(model(x) ** 2)

    grads = jax.lax.pmean(nnx.grad(loss_fn)(model), axis_name="batch")
    optimizer.update(model, grads)
    return model, optimizer


def main(x):
    model = nnx.Linear(x[0].shape[-1], 3, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
    model, optimizer = jax_utils.replicate((model, optimizer))
    p_train_step = jax.pmap(train_step, axis_name="batch", in_axes=(0, 0, 0, None))
    model, optimizer = p_train_step(model, optimizer, x, 2.0)
    return jax_utils.unreplicate(optimizer.step[...].astype(jnp.int32))
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax


def main(x):
    model = nn.Dense(3)
    variables = model.init(jax.random.key(0), x[0])
    return jax.vmap(model_of(model), in_axes=(None, 0), out_axes=(1,))(variables, x)


def model_of(model):
    return lambda variables, x: model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
import jax


def double(x):
    return 2 * x


def main(x):
    return jax.vmap(double)(x)
""",
    ),
)
NUMBERS = frozenset({"donate_argnums", "static_argnums", "static_broadcasted_argnums"})
FREE = frozenset({"axis_name", "axis_size", "devices", "backend", "policy", "prevent_cse"})


def rewrite(plan: Plan, site: Batch) -> None:
    """The options stay, shifted where a state became two arguments."""
    for keyword in site.node.keywords if isinstance(site.node, ast.Call) else ():
        assert isinstance(site.node, ast.Call)
        if keyword.arg in NUMBERS:
            new = moved(plan, site.function, site.node, keyword.value)
            plan.edits.arguments[site.node][keyword.value] = ((keyword.arg, new),) if new != "()" else ()
        elif keyword.arg == "in_axes":
            _axes(plan, site, keyword.value)
        elif keyword.arg == "out_axes" and _keeps_places(plan, site, keyword.value):
            continue
        elif keyword.arg not in FREE and not _is_integer(keyword.value):
            message = f"`{keyword.arg or '**'}` of a batched function has no rewriting"
            raise Blocked(keyword.value, "LNX207", message)


def _is_integer(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _keeps_places(plan: Plan, site: Batch, node: ast.expr) -> bool:
    """Whether there is one axis for each item of the result, which keeps all of them."""
    result = plan.facts.returns.get(site.function)
    if not isinstance(node, ast.Tuple | ast.List) or not isinstance(result, Sequence):
        return False
    plain = all(isinstance(axis, ast.Constant) for axis in node.elts)
    return plain and len(node.elts) == len(result.items) and not has_stats(result)


def _axes(plan: Plan, site: Batch, node: ast.expr) -> None:
    """One axis for each argument: an argument that became two has its axis twice."""
    if isinstance(node, ast.Constant):
        return
    every = spread(plan, site.function, site.node)
    if not isinstance(node, ast.Tuple | ast.List) or len(node.elts) > len(every):
        raise Blocked(node, "LNX207", "the axes of the arguments are computed, and the arguments have moved")
    counts = every[: len(node.elts)]
    if all(count == 1 for count in counts):
        return
    if not all(isinstance(axis, ast.Constant) for axis in node.elts):
        raise Blocked(node, "LNX207", "the axes of the arguments are computed, and the arguments have moved")
    texts = [ast.unparse(axis) for axis, n in zip(node.elts, counts, strict=True) for _ in range(n)]
    inner = ", ".join(texts) + ("," if len(texts) == 1 and isinstance(node, ast.Tuple) else "")
    plan.edits.expressions[node] = f"[{inner}]" if isinstance(node, ast.List) else f"({inner})"
