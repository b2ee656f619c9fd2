"""Saving and restoring NNX objects in the middle of a run, as a checkpoint would."""

from __future__ import annotations

import io
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from .trees import is_key


def restored(value: Any) -> Any:
    """The same tree with every NNX object in it rebuilt from saved bytes."""
    return jax.tree_util.tree_map(_rebuilt, value, is_leaf=_is_object)


def restore_in_place(value: Any) -> None:
    """Load the saved bytes of every NNX object in a tree into the object itself."""
    for node in jax.tree_util.tree_leaves(value, is_leaf=_is_object):
        if _is_object(node):
            nnx.update(node, _through_bytes(nnx.state(node)))


def _is_object(node: Any) -> bool:
    return isinstance(node, nnx.Pytree)


def _rebuilt(node: Any) -> Any:
    if not _is_object(node):
        return node
    graphdef, state = nnx.split(node)
    return nnx.merge(graphdef, _through_bytes(state))


def _through_bytes(state: Any) -> Any:
    """Every array of a state written to a file format and read again; keys by their data."""
    return jax.tree_util.tree_map(_saved_and_loaded, state)


def _saved_and_loaded(leaf: Any) -> Any:
    if not isinstance(leaf, jax.Array):
        return leaf
    if is_key(leaf):
        return jax.random.wrap_key_data(
            _saved_and_loaded(jax.random.key_data(leaf)), impl=jax.random.key_impl(leaf)
        )
    stream = io.BytesIO()
    raw = np.asarray(leaf)
    np.save(stream, raw.view(np.uint8) if raw.ndim else raw.reshape(1).view(np.uint8))
    stream.seek(0)
    return jnp.asarray(np.load(stream).view(raw.dtype).reshape(raw.shape))


def plain_attributes(value: Any) -> str:
    """What the NNX objects of a tree hold outside of their variables; a checkpoint does not keep it."""
    nodes = jax.tree_util.tree_leaves(value, is_leaf=_is_object)
    return repr([nnx.graphdef(node) for node in nodes if _is_object(node)])
