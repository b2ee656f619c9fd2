"""Initializers that name the axes of a mesh, and constraints on values: what is not about Linen may stay."""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Value
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.run import Run
from migrate.analysis.sites import PartitionAxes

NAMING = frozenset({"flax.linen.with_partitioning", "flax.linen.with_logical_partitioning"})
CONSTRAINTS = frozenset(
    f"flax.linen.{name}" for name in ("with_logical_constraint", "partitioning.with_sharding_constraint")
)
"""Functions that give back their argument, laid out in another way."""

PLACES = (ast.Call, ast.keyword, ast.Assign, ast.AnnAssign)
"""Where such an initializer may stand: what moves to `__init__` from there moves with its edits."""


def named(run: Run, given: Arguments) -> Value:
    """`nn.with_partitioning(init, names)`, written out where the parameter is made."""
    node, owner = given.node, run.owner
    if owner is None or not any(part is node for part in ast.walk(owner.node)):
        run.facts.partitioned_outside[node] = None
    elif not isinstance(run.facts.scopes.parent[node], PLACES):
        blocked(run, node, "LNX111", f"`{_short(node)}` is one side of a choice, or part of something else")
    elif len(node.args) != 2 or node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        message = f"`{_short(node)}` is given more than an initializer and the names of axes"
        blocked(run, node, "LNX111", message)
    else:
        run.facts.site(PartitionAxes(node, owner))
    return UNKNOWN


def _short(node: ast.Call) -> str:
    return ast.unparse(node.func)
