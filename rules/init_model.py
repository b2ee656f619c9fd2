"""LNX006: a module definition and its `init` become one construction."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol
from migrate.analysis.program.names import imported
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.modules.construction import Arguments, rngs, sizes
from migrate.plan.training.initialisation import check_key, initialise
from migrate.plan.training.lasting_params import is_beside
from migrate.plan.training.merging import merged
from migrate.plan.training.samples import drop_dead_samples, is_pure
from migrate.rewrite.edits import gather, template
from migrate.rule import Example, Rule

SITE = Init

RULE = Rule(
    code="LNX006",
    name="init-model",
    title="A definition and its `init` can become one construction",
    fix="automatic",
    what="Finds `model.init(key, sample)` of a module definition, made there or in another function or file.",
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
    for sample in site.samples():
        if not is_pure(plan, sample):
            raise Blocked(
                sample, "LNX006", "making this sample has effects that would go with it: name it first"
            )
    drop_dead_samples(plan, site, [piece for _, piece in arguments])
    positional = isinstance(site.instance.cls, Symbol)
    begin, end = plan.statement(definition), plan.statement(site.node)
    beside = is_beside(plan.facts, site)
    if beside:
        name = plan.model_of(site.node)
    if plan.facts.scopes.function(begin) is not plan.facts.scopes.function(end):
        _extend(plan, definition, arguments, positional)
        plan.edits.statements[begin] = []
        plan.edits.before[end].append(template("{} = {}", name, definition))
        return
    reads = _reads(plan, arguments, site)
    near = begin is end or not _between(plan, begin, end)
    if not beside and (near or (_stays(plan, site.key) and _available(plan, begin, end, reads))):
        _extend(plan, definition, arguments, positional)
    else:
        movable = all(_stays(plan, part) for part in _parts(definition))
        if not movable or _rebound(plan, begin, end, _names_in(definition)):
            raise Blocked(site.node, "LNX006", "what the definition is made from changes before `init`")
        _extend(plan, definition, arguments, positional)
        plan.edits.statements[begin] = []
        plan.edits.before[end].append(template("{} = {}", name, definition))


def _extend(plan: Plan, node: ast.Call, arguments: Arguments, positional: bool) -> None:
    """Write the new keywords; a layer takes its input size in first place instead."""
    if positional:
        arguments = [(None if name == "in_features" else name, piece) for name, piece in arguments]
    plan.edits.added[node] += arguments


def _names_in(node: ast.AST) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _reads(plan: Plan, arguments: Arguments, site: Init) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for _, piece in arguments:
        nodes: list[ast.AST] = []
        gather(piece, nodes)
        if isinstance(piece, str):
            nodes.append(ast.parse(piece, mode="eval"))
        names = names.union(*(_names_in(node) for node in nodes))
    return names


def _parts(definition: ast.Call) -> list[ast.expr]:
    return [*definition.args, *(keyword.value for keyword in definition.keywords)]


def _stays(plan: Plan, value: ast.expr) -> bool:
    """Whether an expression gives the same when it is evaluated some lines earlier or later."""
    return is_pure(plan, value) and not any(isinstance(n, ast.Subscript) for n in ast.walk(value))


def _between(plan: Plan, begin: ast.stmt, end: ast.stmt) -> list[ast.stmt]:
    block = plan.facts.scopes.block(begin)
    return block[block.index(begin) + 1 : block.index(end)]


def _available(plan: Plan, begin: ast.stmt, end: ast.stmt, names: frozenset[str]) -> bool:
    """Whether the names have their values where the definition stands already."""
    block = plan.facts.scopes.block(begin)
    between = block[block.index(begin) : block.index(end)]
    return block.index(begin) < block.index(end) and not _binds(between, names)


def _rebound(plan: Plan, begin: ast.stmt, end: ast.stmt, names: frozenset[str]) -> bool:
    return _binds(_between(plan, begin, end), names)


def _binds(statements: list[ast.stmt], names: frozenset[str]) -> bool:
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names:
                return True
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
                return True
            if isinstance(node, (ast.Import, ast.ImportFrom)) and names & set(imported(node)):
                return True
    return False
