"""First carries that a cell made which has no other use: they are zeros."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.sites import FreeCarry
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.effects import has_no_effect
from migrate.plan.modules.helpers import imports_jnp
from migrate.rewrite.edits import Piece, Template


def rewrite_free_carries(plan: Plan, cls: Class) -> None:
    """`jnp.zeros((batch_size, hidden_size), jnp.float32)`."""
    for site in plan.facts.sites.values():
        if isinstance(site, FreeCarry) and site.owner.node is cls.node:
            _check(plan, site)
            zeros: tuple[Piece, ...] = ("jnp.zeros(", *_shape(site), ", jnp.float32)")
            written = ("(", *zeros, ", ", *zeros, ")") if site.pair else zeros
            plan.edits.expressions[site.node] = Template(written)
            statement = plan.statement(site.cell)
            if statement is not plan.statement(site.node):
                plan.edits.statements[statement] = []


def _check(plan: Plan, site: FreeCarry) -> None:
    parts = [*site.node.args, site.features]
    if not all(has_no_effect(plan.facts, part) for part in parts):
        message = "what this carry is made from has effects that would be lost"
        raise Blocked(site.node, "LNX110", message)
    method = plan.facts.scopes.function(site.node)
    stored = {n.id for n in ast.walk(method) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if stored & {n.id for n in ast.walk(site.features) if isinstance(n, ast.Name)}:
        raise Blocked(site.node, "LNX110", "the size of this carry changes in its function")
    if not imports_jnp(plan.facts.scopes.module(site.node)):
        raise Blocked(site.node, "LNX110", "the carry needs `import jax.numpy as jnp` in this file")


def _shape(site: FreeCarry) -> tuple[Piece, ...]:
    """The shape of the inputs, with the size of the cell for its last axis."""
    shape = site.node.args[1]
    match shape:
        case ast.Tuple(elts=[*batch, last]) if not isinstance(last, ast.Starred):
            pieces: list[Piece] = []
            for axis in batch:
                pieces += ["*", axis.value, ", "] if isinstance(axis, ast.Starred) else [axis, ", "]
            return ("(", *pieces, site.features, ")" if batch else ",)")
        case ast.Name() | ast.Attribute():
            return ("(*", shape, "[:-1], ", site.features, ")")
        case _:
            raise Blocked(site.node, "LNX110", "the shape of this carry is computed: write its axes")
