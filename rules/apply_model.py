"""LNX003: `model.apply(variables, ...)` and `state.apply_fn(variables, ...)` become `model(...)`."""

from __future__ import annotations

import ast

from migrate.analysis.sites import Apply
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.construction import streams
from migrate.plan.training.applied_views import rewrite_view
from migrate.plan.training.apply_options import changes_stats, rewrite_options
from migrate.plan.training.compiled_apply import compiled_name
from migrate.plan.training.eval_views import in_mode
from migrate.plan.training.whole_states import written
from migrate.rule import Example, Rule

SITE = Apply

RULE = Rule(
    code="LNX003",
    name="apply-model",
    title="`apply` with its variables can become a call of the model",
    fix="automatic",
    what=(
        "Finds `model.apply(variables, ...)` and `state.apply_fn(variables, ...)` where the variables can "
        "be followed to the `init` of that model."
    ),
    why=(
        "A Linen module is a description that needs its variables at every call. An NNX module holds them, "
        "and Linen's variables dict does not exist any more."
    ),
    use_instead="`model(x)`.",
    fix_safety=(
        "The same arithmetic on the same parameters. Left alone: variables that come from elsewhere or "
        "belong to another model, and options such as `capture_intermediates` (LNX310)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#training-step-and-compilation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax


def features(x):
    model = nn.Dense(8)
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)
""",
            after="""\
from flax import nnx


def features(x):
    model = nnx.Linear(x.shape[-1], 8, rngs=nnx.Rngs(0))
    return model(x)
""",
        ),
        Example(
            before="""\
import flax.linen as nn


def features(variables, x):
    model = nn.Dense(8)
    return model.apply(variables, x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def features(x):
    model = nnx.Linear(x.shape[-1], 8, rngs=nnx.Rngs(0))
    return model(x)
""",
    ),
)


def rewrite(plan: Plan, site: Apply) -> None:
    """The model is called; the variables live inside of it."""
    if site.node in plan.definitions.views:
        rewrite_view(plan, site)
        return
    name = in_mode(plan, site, plan.model_of(site.variables))
    if (compiled := compiled_name(plan, site.function)) is not None:
        if site.node.keywords or site.transform is not None:
            raise Blocked(site.node, "LNX013", "a compiled `apply` is called with keywords or under `vmap`")
        plan.edits.expressions[site.node.func] = compiled
        plan.edits.arguments[site.node][site.variables] = ((None, name),)
        return
    if site.transform is not None:
        _call_for_each(plan, site, site.transform, name)
        return
    plan.edits.expressions[site.node.func] = (
        f"{name}.{site.method}" if site.method and not plan.bridged else name
    )
    plan.edits.arguments[site.node][site.variables] = ()
    if changes_stats(plan, site):
        plan.edits.expressions[site.node.func] = written(plan, site.node, "call_updating_stats", "LNX310")
        plan.edits.arguments[site.node][site.variables] = ((None, name),)
    rewrite_options(plan, site)
    for keyword in site.node.keywords:
        if keyword.arg == "rngs" and plan.bridged:
            plan.edits.arguments[site.node][keyword.value] = (("rngs", streams(keyword.value)),)


def _call_for_each(plan: Plan, site: Apply, transform: ast.Call, name: str) -> None:
    """`jax.vmap(model)(x)`: the axis of the variables goes, and all axes where the others are the usual."""
    plan.edits.arguments[site.node][site.variables] = ()
    plan.edits.arguments[transform][transform.args[0]] = ((None, name),)
    for keyword in transform.keywords:
        if keyword.arg == "in_axes":
            assert isinstance(keyword.value, ast.Tuple | ast.List)
            axes = [plan.facts.files.segment(axis) for axis in keyword.value.elts[1:]]
            comma = "," if len(axes) == 1 else ""
            left = (("in_axes", f"({', '.join(axes)}{comma})"),) if set(axes) != {"0"} else ()
            plan.edits.arguments[transform][keyword.value] = left
