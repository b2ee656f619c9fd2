"""Pytrees as flat lists of named leaves, with the same names for Linen dicts and NNX states."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Path = tuple[str, ...]
LARGE = 1 << 14


def named_leaves(tree: Any) -> list[tuple[Path, Any]]:
    """Leaves that hold numbers, with their paths; keys come as their uint32 data."""
    flat, _ = jax.tree_util.tree_flatten_with_path(tree)
    named = [(names_of(keys), _numbers(leaf)) for keys, leaf in flat]
    return [(path, leaf) for path, leaf in named if leaf is not None]


def names_of(keys: tuple[Any, ...]) -> Path:
    """Key path as strings; a final attribute `value` belongs to the Variable, not to the name."""
    if keys and getattr(keys[-1], "name", None) in ("value", "raw_value"):
        keys = keys[:-1]
    return tuple(str(_name(key)) for key in keys)


def _name(key: Any) -> Any:
    for attribute in ("key", "name", "idx"):
        if hasattr(key, attribute):
            return getattr(key, attribute)
    return key


def _numbers(leaf: Any) -> Any:
    if is_key(leaf):
        return jax.random.key_data(leaf)
    if isinstance(leaf, (bool, int, float, complex, np.ndarray, np.generic, jax.Array)):
        return leaf
    return None


def is_key(leaf: Any) -> bool:
    """Whether a leaf is a typed PRNG key array."""
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and bool(jnp.issubdtype(dtype, jax.dtypes.prng_key))


def without_large(tree: Any) -> Any:
    """A tree whose large leaves are left out, as those that follow from other values can be."""
    return jax.tree_util.tree_map(lambda leaf: None if getattr(leaf, "size", 1) > LARGE else leaf, tree)


def creation_order(tree: Any) -> list[Path]:
    """Paths of a nested dict in the order of its keys, which is creation order inside `init`."""
    if not hasattr(tree, "items"):
        return [()]
    return [(str(key), *rest) for key, value in tree.items() for rest in creation_order(value)]


def is_traced(leaves: list[Any]) -> bool:
    """Whether any of the leaves only exists while a function is being traced."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)
