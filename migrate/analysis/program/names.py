"""Qualified names: what an imported name or dotted expression stands for.

Aliases of one thing under several public names are brought to one spelling, so that the rest of the
engine asks for `flax.linen.Dense` and never for the way it was imported.
"""

from __future__ import annotations

import ast

CANONICAL = {
    "flax.training.train_state.TrainState": "flax.TrainState",
    "jax.random.PRNGKey": "jax.random.key",
    "jax.experimental.pjit.pjit": "jax.jit",
    "jax.remat": "jax.checkpoint",
    "jax.ad_checkpoint.checkpoint": "jax.checkpoint",
    "jax.tree_util.tree_map": "jax.tree.map",
    "jax.tree_util.tree_leaves": "jax.tree.leaves",
    "jax.tree_util.tree_reduce": "jax.tree.reduce",
    "jax.tree_map": "jax.tree.map",
    "jax.tree_multimap": "jax.tree.map",
    "jax.tree_leaves": "jax.tree.leaves",
    "flax.linen.module.Module": "flax.linen.Module",
    "flax.linen.checkpoint": "flax.linen.remat",
    "flax.linen.module.compact": "flax.linen.compact",
    "flax.linen.module.merge_param": "flax.linen.merge_param",
    "optax.tree_utils.tree_l2_norm": "optax.global_norm",
    "optax.tree_utils.tree_norm": "optax.global_norm",
    "optax.tree.norm": "optax.global_norm",
    "flax.nnx.optimizer.Optimizer": "flax.nnx.Optimizer",
    "flax.nnx.training.optimizer.Optimizer": "flax.nnx.Optimizer",
    "flax.nnx.optimizer.ModelAndOptimizer": "flax.nnx.ModelAndOptimizer",
    "flax.nnx.training.optimizer.ModelAndOptimizer": "flax.nnx.ModelAndOptimizer",
}
PREFIXES = {
    "flax.linen.activation.": "flax.linen.",
    "flax.linen.linear.": "flax.linen.",
    "flax.linen.normalization.": "flax.linen.",
    "flax.linen.stochastic.": "flax.linen.",
    "flax.linen.attention.": "flax.linen.",
    "flax.linen.pooling.": "flax.linen.",
    "flax.linen.recurrent.": "flax.linen.",
    "flax.linen.transforms.": "flax.linen.",
    "jax.nn.initializers.": "jax.nn.initializers.",
}


def canonical(name: str) -> str:
    """One spelling for a qualified name that has several."""
    for old, new in PREFIXES.items():
        if name.startswith(old):
            name = new + name.removeprefix(old)
    return CANONICAL.get(name, name)


def relative(name: str) -> tuple[int, tuple[str, ...]]:
    """The number of leading dots of a qualified name, and its parts."""
    bare = name.lstrip(".")
    return len(name) - len(bare), tuple(bare.split(".")) if bare else ()


def imported(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The local names that an import binds, with the qualified name of each."""
    if isinstance(statement, ast.Import):
        return {
            alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0]
            for alias in statement.names
        }
    module = "." * statement.level + (statement.module or "")
    join = "" if module.endswith(".") else "."
    return {a.asname or a.name: f"{module}{join}{a.name}" for a in statement.names if a.name != "*"}
