"""LNX202: `jax.jit` of a step: argument numbers follow the arguments, `nnx.jit` in the stateful style."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol
from migrate.analysis.sites import Compile
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.functions.positions import moved
from migrate.rule import Example, Rule

SITE = Compile

RULE = Rule(
    code="LNX202",
    name="jit",
    title="A compiled step can take the model and the optimizer",
    fix="automatic",
    what=(
        "Finds `jax.jit`, as a decorator, a call or a `partial`, of a function that takes or returns a "
        "train state, parameters or a model."
    ),
    why=(
        "The step has other arguments now, so the numbers in `static_argnums` and `donate_argnums` point "
        "elsewhere. Under `jax.jit` a step works on copies: what it updates has to be returned and bound "
        "again, or nothing is trained and nothing is said (NNX505)."
    ),
    use_instead=(
        "`jax.jit` and `model, optimizer = train_step(model, optimizer, batch)`, which costs about what the "
        "Linen step cost; or, with `--style stateful`, `nnx.jit`, which updates in place and costs several "
        "times as much for a small model."
    ),
    fix_safety=(
        "The numbers of arguments are moved; names in `static_argnames` stay. Left alone: computed numbers, "
        "a name that stands for an argument that changes, shardings, and `**options`."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#training-step-and-compilation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


def evaluate(state, x, digits):
    return jnp.round(state.apply_fn({"params": state.params}, x), digits), state.step


def main(x):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    compiled = jax.jit(evaluate, static_argnums=2)
    print(compiled(state, x, 3))
""",
            after="""\
import jax
import jax.numpy as jnp
import optax
from flax import nnx


def evaluate(model, optimizer, x, digits):
    return jnp.round(model(x), digits), optimizer.step[...].astype(jnp.int32)


def main(x):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)
    compiled = jax.jit(evaluate, static_argnums=3)
    print(compiled(model, optimizer, x, 3))
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax


def main(x, options):
    model = nn.Dense(3)
    variables = model.init(jax.random.key(0), x)
    predict = jax.jit(lambda variables, x: model.apply(variables, x), **options)
    return predict(variables, x)
""",
        ),
    ),
    valid=(
        """\
import jax


@jax.jit
def double(x):
    return 2 * x
""",
    ),
)
NUMBERS = frozenset({"static_argnums", "donate_argnums"})
NAMES = frozenset({"static_argnames", "donate_argnames"})


def rewrite(plan: Plan, site: Compile) -> None:
    """The options stay, shifted where a state became two arguments."""
    call = site.node if isinstance(site.node, ast.Call) else None
    if call is not None:
        for keyword in call.keywords:
            if keyword.arg in NUMBERS:
                numbers = moved(plan, site.function, site.node, keyword.value)
                left = ((keyword.arg, numbers),) if numbers != "()" else ()
                plan.edits.arguments[call][keyword.value] = left
            elif keyword.arg in NAMES:
                _keep_names(plan, site, call, keyword)
            elif keyword.arg in {None, "in_shardings", "out_shardings"}:
                raise Blocked(call, "LNX202", f"`jit` is called with `{keyword.arg or '**'}`")
        _without_options(plan, call)
    if plan.style == "stateful":
        plan.edits.expressions[_transform(plan, site.node)] = "nnx.jit"


def _transform(plan: Plan, node: ast.expr) -> ast.expr:
    """The expression that names `jax.jit`: the decorator, the callee, or the first of a `partial`."""
    if not isinstance(node, ast.Call):
        return node
    callee = plan.facts.values.get(node.func)
    return node.args[0] if isinstance(callee, Symbol) and callee.name == "functools.partial" else node.func


def _keep_names(plan: Plan, site: Compile, call: ast.Call, keyword: ast.keyword) -> None:
    """Names of arguments that go are taken out; those of arguments that have become others are not known."""
    changed = plan.edits.parameters.get(site.function, {})
    names = [n for n in ast.walk(keyword.value) if isinstance(n, ast.Constant) and n.value in changed]
    if not names:
        return
    elements = keyword.value.elts if isinstance(keyword.value, (ast.Tuple, ast.List)) else [keyword.value]
    if any(changed[str(n.value)] for n in names) or not set(names) <= set(elements):
        raise Blocked(keyword.value, "LNX202", f"`{keyword.arg}` names an argument that changes")
    left = [plan.facts.files.segment(element) for element in elements if element not in names]
    comma = "," if len(left) == 1 else ""
    new = ((keyword.arg, f"({', '.join(left)}{comma})"),) if left else ()
    plan.edits.arguments[call][keyword.value] = new


def _without_options(plan: Plan, call: ast.Call) -> None:
    """`partial(jax.jit)` is `jax.jit`."""
    going = plan.edits.arguments.get(call, {})
    bare = len(call.args) == 1 and call.keywords and all(going.get(k.value) == () for k in call.keywords)
    if bare and _transform(plan, call) is call.args[0]:
        plan.edits.expressions[call] = call.args[0]
