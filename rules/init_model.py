"""LNX006: a module definition and its `init` become one construction."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol
from migrate.analysis.sites import Init
from migrate.plan.blocked import Blocked
from migrate.plan.construction import Arguments, rngs, sizes
from migrate.plan.context import Plan
from migrate.plan.samples import drop_dead_samples
from migrate.rewrite.edits import template
from migrate.rule import Rule

SITE = Init

RULE = Rule(
    code="LNX006",
    name="init-model",
    title="a definition and its `init` can become one construction",
    fix="automatic",
    what="",
    why="",
    use_instead="",
    fix_safety="",
    upstream="https://flax.readthedocs.io/en/latest/migrating/linen_to_nnx.html",
    invalid=(),
)
MADE_BY = ("jax.random.key", "jax.random.PRNGKey")


def rewrite(plan: Plan, site: Init) -> None:
    """The construction takes over key and input sizes, where the definition stood if it can."""
    definition, name = _definition(plan, site)
    arguments: Arguments = [*sizes(plan, site), ("rngs", rngs(plan, site))]
    drop_dead_samples(plan, site, [piece for _, piece in arguments])
    positional = isinstance(site.instance.cls, Symbol)
    begin, end = plan.statement(definition), plan.statement(site.node)
    reads = _reads(plan, arguments, site)
    if begin is end or _available(plan, begin, end, reads):
        _extend(plan, definition, arguments, positional)
    else:
        if _rebound(plan, begin, end, _names_in(definition)):
            raise Blocked(site.node, "LNX006", "what the definition is made from changes before `init`")
        _extend(plan, definition, arguments, positional)
        plan.edits.statements[begin] = []
        plan.edits.before[end].append(template("{} = {}", name, definition))


def _definition(plan: Plan, site: Init) -> tuple[ast.Call, str]:
    """The construction and the name that it is bound to, both in the block of `init`."""
    callee = site.node.func
    assert isinstance(callee, ast.Attribute)
    node = site.instance.site
    statement = plan.statement(node)
    if not isinstance(callee.value, ast.Name):
        raise Blocked(site.node, "LNX006", "`init` is called on a definition that has no name")
    name = callee.value.id
    targets = statement.targets if isinstance(statement, ast.Assign) and statement.value is node else []
    if [ast.unparse(target) for target in targets] != [name]:
        raise Blocked(
            site.node, "LNX006", "the definition comes from elsewhere than one assignment in this scope"
        )
    scopes = plan.facts.scopes
    if scopes.function(node) is not scopes.function(site.node):
        raise Blocked(
            site.node, "LNX006", "the definition is made in one function and initialised in another"
        )
    if scopes.block(statement) is not scopes.block(plan.statement(site.node)):
        raise Blocked(site.node, "LNX006", "the definition and its `init` stand in different blocks")
    others = [s for s in plan.component.sites if isinstance(s, Init) and s.instance == site.instance]
    if len(others) > 1:
        raise Blocked(site.node, "LNX006", "one definition is initialised more than once")
    return node, name


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
        for part in getattr(piece, "parts", (piece,)):
            if isinstance(part, ast.AST):
                names |= _names_in(part)
            elif isinstance(part, str) and piece is part:
                names |= _names_in(ast.parse(part, mode="eval"))
    return names


def _available(plan: Plan, begin: ast.stmt, end: ast.stmt, names: frozenset[str]) -> bool:
    """Whether the names have their values where the definition stands already."""
    block = plan.facts.scopes.block(begin)
    between = block[block.index(begin) : block.index(end)]
    return block.index(begin) < block.index(end) and not _binds(between, names)


def _rebound(plan: Plan, begin: ast.stmt, end: ast.stmt, names: frozenset[str]) -> bool:
    block = plan.facts.scopes.block(begin)
    return _binds(block[block.index(begin) + 1 : block.index(end)], names)


def _binds(statements: list[ast.stmt], names: frozenset[str]) -> bool:
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names:
                return True
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
                return True
    return False
