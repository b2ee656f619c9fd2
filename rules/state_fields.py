"""LNX004: fields of a train state are read from the model or the optimizer."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const
from migrate.analysis.sites import ReadState
from migrate.analysis.training import bare_states, hyperparameters
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.kept_trees import is_kept, kept_tree
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule

SITE = ReadState

RULE = Rule(
    code="LNX004",
    name="state-fields",
    title="A field of a train state can be read from the model or the optimizer",
    fix="automatic",
    what="Finds reads of `params`, `step`, `opt_state`, `tx` and `apply_fn` of a train state.",
    why=(
        "The fields live in two objects now. `optimizer.step` is a Variable that neither compares nor "
        "formats like a number, and it counts in uint32, so `step - 1` at step 0 is 4294967295 where Linen "
        "had -1."
    ),
    use_instead=(
        "`optimizer.step[...]`, or `optimizer.step[...].astype(jnp.int32)` wherever something may subtract "
        "from it (a schedule does), `optimizer.opt_state`, `optimizer.tx`, and the model in place of "
        "`params` and `apply_fn`."
    ),
    fix_safety=(
        "`step` is cast to int32 except where it is only printed, converted, or used with a number that "
        "cannot make it negative. The cast needs `jax.numpy` to be imported."
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


def create(x):
    schedule = optax.cosine_decay_schedule(0.1, 100)
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(schedule))
    print(int(state.step), jnp.asarray(schedule(state.step)))
""",
            after="""\
import jax.numpy as jnp
import optax
from flax import nnx


def create(x):
    schedule = optax.cosine_decay_schedule(0.1, 100)
    model = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(schedule), wrt=nnx.Param)
    print(
        int(optimizer.step[...]),
        jnp.asarray(schedule(optimizer.step[...].astype(jnp.int32))),
    )
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax
import optax
from flax.training.train_state import TrainState


def create(x):
    model = nn.Dense(1)
    params = model.init(jax.random.key(0), x)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.sgd(0.1))
    return x * (1 - state.step)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def progress(optimizer: nnx.Optimizer):
    return int(optimizer.step[...]), optimizer.opt_state
""",
    ),
)

PLAIN_CALLS = frozenset({"int", "float", "str", "print", "bool"})
PLAIN_OPERATORS = (ast.Mod, ast.FloorDiv, ast.Add, ast.Mult)


def rewrite(plan: Plan, site: ReadState) -> None:
    """`step`, `opt_state` and `tx`; parameters and `apply_fn` are written by what they are used for."""
    read_optimizer(plan, site.node, site.field)


def read_optimizer(plan: Plan, node: ast.Attribute, field: str) -> None:
    """A field of a train state that the optimizer has now."""
    state = node.value
    match field:
        case "step":
            plan.edits.expressions[node] = _step(plan, node, plan.optimizer_of(state))
        case "opt_state":
            if hyperparameters.leads_on(plan.facts, node):
                return
            if is_kept(plan, node):
                plan.edits.expressions[node] = kept_tree(plan, node)
                return
            if node not in plan.facts.trees:
                raise Blocked(node, "LNX014", "the optimizer state is kept or handed on as a tree")
            plan.edits.expressions[node] = f"{plan.optimizer_of(state)}.opt_state"
        case "tx" if plan.is_bare(state) and bare_states.is_tested(plan.facts.scopes, node):
            plan.edits.expressions[node] = plan.optimizer_of(state)
        case "tx":
            plan.edits.expressions[node] = f"{plan.optimizer_of(state)}.tx"
        case _:
            pass


def _step(plan: Plan, node: ast.Attribute, optimizer: str) -> Piece:
    """NNX counts in uint32, which wraps below 0: anything that may subtract gets Linen's int32."""
    if _is_plain(plan, node):
        return f"{optimizer}.step[...]"
    return template(f"{optimizer}.step[...].astype({{}})", _int32(plan, node))


def _is_plain(plan: Plan, node: ast.expr) -> bool:
    parent = plan.parent(node)
    match parent:
        case ast.FormattedValue(conversion=conversion):
            if conversion == ord("r"):
                raise Blocked(node, "LNX004", "the step is shown by `!r` or `=`: it would show as an array")
            return True
        case ast.Expr():
            return True
        case ast.Call(func=function, args=args) if node in args:
            name = ast.unparse(function)
            return name in PLAIN_CALLS or name.endswith("fold_in")
        case ast.Compare(left=left, comparators=others):
            return all(_not_negative(plan, part) for part in (left, *others) if part is not node)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, PLAIN_OPERATORS):
            other = right if left is node else left
            return _not_negative(plan, other) and (
                left is node or not isinstance(op, (ast.Mod, ast.FloorDiv))
            )
        case _:
            return False


def _not_negative(plan: Plan, node: ast.expr) -> bool:
    value = plan.facts.values.get(node)
    return isinstance(value, Const) and isinstance(value.value, int) and value.value >= 0


def _int32(plan: Plan, node: ast.AST) -> str:
    for name, target in plan.facts.file(node).imports.items():
        variable = plan.facts.scopes.variable(node, name)
        if target == "jax.numpy" and variable is not None and isinstance(variable.scope, ast.Module):
            return f"{name}.int32"
    raise Blocked(node, "LNX004", "the step is used in arithmetic and `jax.numpy` is not imported here")
