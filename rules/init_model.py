"""LNX006: a module definition and its `init` become one construction."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol
from migrate.analysis.program.syntax import names_in
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.construction import Arguments, rngs, sizes
from migrate.plan.training.initial_outputs import kept_samples, name_beside, write_output
from migrate.plan.training.initialisation import check_key, initialise
from migrate.plan.training.lasting_params import is_beside
from migrate.plan.training.meeting import between, can_wait, is_available, is_lasting
from migrate.plan.training.merging import merged
from migrate.plan.training.samples import check_effects, drop_dead_samples
from migrate.rewrite.edits import gather, template
from migrate.rule import Example, Rule

SITE = Init

RULE = Rule(
    code="LNX006",
    name="init-model",
    title="A definition and its `init` can become one construction",
    fix="automatic",
    what=(
        "Finds `model.init(key, sample)` of a module definition, made there or in another function or file, "
        "and `tabulate` or `jax.eval_shape` of it, which show a model without its values."
    ),
    why=(
        "Linen builds a description first and learns the input sizes from a sample. An NNX module is built "
        "with its parameters, so it takes the sizes and the key when it is constructed."
    ),
    use_instead=(
        "`model = Net(..., in_features=x.shape[-1], rngs=nnx.Rngs(key))`. The sizes are read off the "
        "sample, or written as it has them."
    ),
    fix_safety=(
        "NNX draws other initial numbers from the same key, so a run starts from other parameters than "
        "before; from the same parameters the numbers are the same. Left alone: a definition without `init` "
        "beside it, one that is initialised twice or in another function, and `init` with keywords."
    ),
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html#variable-creation",
    invalid=(
        Example(
            before="""\
import flax.linen as nn
import jax
import jax.numpy as jnp


def create(seed):
    model = nn.Dense(10)
    variables = model.init(jax.random.PRNGKey(seed), jnp.zeros((1, 784)))
    return model.apply(variables, jnp.ones((2, 784)))
""",
            after="""\
from flax import nnx
import jax
import jax.numpy as jnp


def create(seed):
    model = nnx.Linear(784, 10, rngs=nnx.Rngs(jax.random.PRNGKey(seed)))
    return model(jnp.ones((2, 784)))
""",
        ),
        Example(
            before="""\
import flax.linen as nn
import jax


def initialise(model, x):
    return model.init(jax.random.key(0), x)


def create(x):
    model = nn.Dense(10)
    return model.apply(initialise(model, x), x)
""",
        ),
    ),
    valid=(
        """\
from flax import nnx


def create(seed):
    return nnx.Linear(784, 10, rngs=nnx.Rngs(seed))
""",
    ),
)


def rewrite(plan: Plan, site: Init) -> None:
    """The construction takes over key and input sizes, where the definition stood if it can."""
    if plan.bridged or site.node in plan.definitions.apart:
        initialise(plan, site)
        return
    check_key(site)
    definition, name = merged(plan.facts, plan.component.sites, site)
    arguments: Arguments = [*sizes(plan, site), ("rngs", rngs(plan, site))]
    written = [*(piece for _, piece in arguments), *kept_samples(plan, site)]
    active = check_effects(plan, site, written)
    drop_dead_samples(plan, site, written)
    positional = isinstance(site.instance.cls, Symbol)
    begin, end = plan.statement(definition), plan.statement(site.node)
    beside = is_beside(plan.facts, site)
    if site.output is not None:
        name = name_beside(plan, site, name)
        write_output(plan, site, name)
    elif beside:
        name = plan.model_of(site.node)
    if plan.facts.scopes.function(begin) is not plan.facts.scopes.function(end):
        _extend(plan, definition, arguments, positional)
        plan.edits.statements[begin] = []
        plan.edits.before[end].append(template("{} = {}", name, definition))
        return
    reads = _reads(plan, arguments, site)
    near = begin is end or not between(plan.facts, begin, end)
    there = near or (is_lasting(plan.facts, site.key) and is_available(plan.facts, begin, end, reads))
    if there and not beside and (near or not active):
        _extend(plan, definition, arguments, positional)
    else:
        if not can_wait(plan.facts, definition, end):
            raise Blocked(site.node, "LNX006", "what the definition is made from changes before `init`")
        _extend(plan, definition, arguments, positional)
        plan.edits.statements[begin] = []
        plan.edits.before[end].append(template("{} = {}", name, definition))


def _extend(plan: Plan, node: ast.Call, arguments: Arguments, positional: bool) -> None:
    """Write the new keywords; a layer takes its input size in first place instead."""
    if positional:
        arguments = [(None if name == "in_features" else name, piece) for name, piece in arguments]
    plan.edits.added[node] += arguments


def _reads(plan: Plan, arguments: Arguments, site: Init) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for _, piece in arguments:
        nodes: list[ast.AST] = []
        gather(piece, nodes)
        if isinstance(piece, str):
            nodes.append(ast.parse(piece, mode="eval"))
        names = names.union(*(names_in(node) for node in nodes))
    return names
