"""LNX402: parameters that are loaded are written into a model."""

from __future__ import annotations

import ast

from migrate.analysis.sites import LoadTree
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.plain_trees import is_whole, plain
from migrate.rewrite.edits import template
from migrate.rule import Example, Rule

SITE = LoadTree

RULE = Rule(
    code="LNX402",
    name="load-tree",
    title="Parameters that are loaded can be written into the model",
    fix="automatic",
    what=(
        "Finds `params = from_bytes(params, data)` and `from_state_dict` of `flax.serialization`, and "
        "`restore_checkpoint` of `flax.training.checkpoints`, for the parameters of a known model."
    ),
    why=(
        "Linen gives a new tree, which takes the place of the old one at the next call. A model of NNX "
        "holds its parameters, so they are written into it."
    ),
    use_instead=(
        "`nnx.update(model, from_bytes(nnx.to_pure_dict(nnx.state(model, nnx.Param)), data))`, which reads "
        "the files that Linen wrote."
    ),
    fix_safety=(
        "Under another name the loaded parameters get a model of their own. Left alone: whole train states "
        "and optimizer states (their layout is another one), and code that reads the old parameters "
        "afterwards (LNX011)."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/checkpointing.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
from flax import serialization


def loaded(x, path):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    params = serialization.from_bytes(params, path.read_bytes())
    return model.apply({"params": params}, x)
""",
            after="""\
from flax import nnx, serialization


def loaded(x, path):
    model = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    nnx.update(
        model,
        serialization.from_bytes(
            nnx.to_pure_dict(nnx.state(model, nnx.Param)), path.read_bytes()
        ),
    )
    return model(x)
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax
from flax import serialization


def loaded(x, path):
    model = nn.Dense(3)
    params = model.init(jax.random.key(0), x)["params"]
    print(model.apply({"params": params}, x))
    return serialization.from_bytes(params, path.read_bytes())
""",
        ),
    ),
    valid=(
        """\
from flax import nnx, serialization


def loaded(model: nnx.Module, data: bytes):
    nnx.update(model, serialization.from_bytes(nnx.to_pure_dict(nnx.state(model, nnx.Param)), data))
""",
    ),
)


def rewrite(plan: Plan, site: LoadTree) -> None:
    """A line that writes into the model; where the old parameters keep their name, into a copy of it."""
    statement = plan.parent(site.node)
    match statement:
        case ast.Assign(targets=[ast.Name() as target]):
            name = plan.names(target).model
        case _:
            raise Blocked(site.node, "LNX402", "parameters are loaded inside an expression: name them first")
    source = plan.model_of(site.params)
    tree = plain(plan, site.params)
    item = '["params"]' if is_whole(plan, site.params) else ""
    plan.edits.expressions[site.params] = tree
    lines = [template(f"nnx.update({name}, {{}}{item})", site.node)]
    if site.in_place and name != source:
        raise Blocked(site.node, "LNX018", f"`{target.id}` would have two names: use one")
    if not site.in_place:
        lines.insert(0, template(f"{name} = nnx.clone({source})"))
    plan.edits.statements[statement] = [*lines]
