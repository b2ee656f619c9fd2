"""Classes that a migrated file needs and NNX does not have."""

from __future__ import annotations

import ast

from migrate.analysis.modules.layers import LAYERS
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.helper_classes import text_of_helper


def write_helper(plan: Plan, node: ast.AST, name: str) -> None:
    """Write the class `name` into the file of `node`, in front of its first class."""
    module = plan.facts.scopes.module(node)
    if name in plan.facts.scopes.bound[module]:
        raise Blocked(node, "LNX111", f"`{name}`, which this layer would need, means something else here")
    if "jnp." in text_of_helper(name) and not imports_jnp(module):
        raise Blocked(node, "LNX110", "the class for this layer needs `import jax.numpy as jnp` in this file")
    plan.edits.helpers.add((module, name))


def refuse_helper(node: ast.AST, layer: str) -> None:
    """A layer class that NNX does not have is written where it is built, and stands nowhere else."""
    if LAYERS[layer].helper is not None:
        short = layer.rpartition(".")[2]
        raise Blocked(node, "LNX110", f"`{short}`, which NNX does not have, is used as a class")


def imports_jnp(module: ast.AST) -> bool:
    """Whether a file calls `jax.numpy` by its usual name."""
    names = (alias for node in ast.walk(module) if isinstance(node, ast.Import) for alias in node.names)
    return any((alias.name, alias.asname) == ("jax.numpy", "jnp") for alias in names)
