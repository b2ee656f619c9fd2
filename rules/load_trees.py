"""LNX039: several trees of parameters that are loaded from one file are written into their models."""

from __future__ import annotations

import ast

from migrate.analysis.sites import LoadTrees
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.plain_trees import is_whole, plain
from migrate.rewrite.edits import Piece, template
from migrate.rule import Example, Rule

SITE = LoadTrees

RULE = Rule(
    code="LNX039",
    name="load-trees",
    title="Parameters that are loaded together can be written into their models",
    fix="automatic",
    what=(
        "Finds `(config, (one, other)) = from_bytes((None, (one, other)), data)` of `flax.serialization`, "
        "where parameters of known models come back under their own names."
    ),
    why=(
        "Linen gives new trees, which take the place of the old ones at the next call. A model of NNX holds "
        "its parameters, so they are written into it."
    ),
    use_instead=(
        "The same call with `nnx.to_pure_dict(nnx.state(model, nnx.Param))` in place of each tree, and "
        "`nnx.update(model, ...)` with each result."
    ),
    fix_safety=(
        "Files that the Linen program wrote are read as before. Left alone: trees that come back under "
        "other names, or in other places than they were given."
    ),
    upstream="https://flax.readthedocs.io/en/latest/guides/checkpointing.html",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
from flax import serialization


def loaded(x, path):
    actor = nn.Dense(3)
    actor_params = actor.init(jax.random.key(0), x)
    critic = nn.Dense(1)
    critic_params = critic.init(jax.random.key(1), x)
    (steps, (actor_params, critic_params)) = serialization.from_bytes(
        (None, (actor_params, critic_params)), path.read_bytes()
    )
    return steps, actor.apply(actor_params, x), critic.apply(critic_params, x)
""",
            after="""\
from flax import nnx, serialization


def loaded(x, path):
    actor = nnx.Linear(x.shape[-1], 3, rngs=nnx.Rngs(0))
    critic = nnx.Linear(x.shape[-1], 1, rngs=nnx.Rngs(1))
    (steps, (actor_params, critic_params)) = serialization.from_bytes(
        (
            None,
            (
                {"params": nnx.to_pure_dict(nnx.state(actor, nnx.Param))},
                {"params": nnx.to_pure_dict(nnx.state(critic, nnx.Param))},
            ),
        ),
        path.read_bytes(),
    )
    nnx.update(actor, actor_params["params"])
    nnx.update(critic, critic_params["params"])
    return steps, actor(x), critic(x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx, serialization


def loaded(model: nnx.Module, data: bytes):
    steps, tree = serialization.from_bytes((0, nnx.to_pure_dict(nnx.state(model, nnx.Param))), data)
    nnx.update(model, tree)
    return steps
""",
    ),
)


def rewrite(plan: Plan, site: LoadTrees) -> None:
    """The names of the old trees hold the plain data, which is then written into the models."""
    names = [plan.model_of(given) for given, _ in site.trees]
    written = [plan.facts.files.segment(taken) for _, taken in site.trees]
    if {*names} & {*written}:
        raise Blocked(site.node, "LNX018", "parameters that are loaded would have the name of their model")
    updates: list[Piece] = []
    for (given, _), name, data in zip(site.trees, names, written, strict=True):
        item = '["params"]' if is_whole(plan, given) else ""
        plan.edits.expressions[given] = plain(plan, given)
        updates.append(f"nnx.update({name}, {data}{item})")
    statement = plan.statement(site.node)
    assert isinstance(statement, ast.Assign)
    kept = template(f"{plan.facts.files.segment(site.target)} = {{}}", site.node)
    plan.edits.statements[statement] = [kept, *updates]
