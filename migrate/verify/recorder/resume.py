"""Saving NNX objects in the middle of a run, and restoring them into objects that are built anew."""

from __future__ import annotations

import io
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from .births import BIRTH, Births, is_object
from .trees import is_key

OURS = "to_nnx__linen2nnx"
MODES = frozenset({"deterministic", "use_running_average", "decode"})
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def restore(births: Births, seen: Any) -> dict[str, Any]:
    """Put every living object, and every one in the tree `seen`, through a checkpoint.

    What the object holds is replaced by what a newly built one holds, loaded with the saved values. The
    object itself stays, as the program has it by name. Returns what a report should know: how many were
    built anew, leaves that a new object has no place for, whether plain attributes differ.
    """
    objects = {id(one): one for one in (*births.alive(), *_objects(seen))}.values()
    saved = [(one, _through_bytes(nnx.state(one)), plain_attributes(one)) for one in objects]
    built: dict[int, Any] = {}
    lost: list[str] = []
    plain, anew = False, 0
    for one, state, attributes in saved:
        number = getattr(one, BIRTH, None)
        if number is None:
            nnx.update(one, state)
            continue
        known = any(one is living for living in births.alive())
        fresh = births.build(number, built if known else {})
        lost += _load(fresh, state)
        _take_over(one, fresh)
        anew += 1
        plain = plain or plain_attributes(one) != attributes
    return {"anew": anew, "lost": lost, "plain": plain}


def _objects(tree: Any) -> list[Any]:
    return [node for node in jax.tree_util.tree_leaves(tree, is_leaf=is_object) if is_object(node)]


def holds_objects(tree: Any) -> bool:
    """Whether there is an NNX object in a tree."""
    return bool(_objects(tree))


def _load(fresh: Any, state: Any) -> list[str]:
    """Load saved values into a new object; the paths for which it has no place."""
    places = {path for path, _ in nnx.to_flat_state(nnx.state(fresh))}
    flat = list(nnx.to_flat_state(state))
    nnx.update(fresh, nnx.from_flat_state([(path, leaf) for path, leaf in flat if path in places]))
    return ["/".join(str(part) for part in path) for path, _ in flat if path not in places]


def _take_over(old: Any, fresh: Any) -> None:
    """Give an object, and the objects below it, the attributes of its twin.

    Switches between training and evaluation stay: a program sets them itself where it goes on.
    """
    twins = {path: node for path, node in nnx.iter_graph(fresh) if is_object(node)}
    for path, node in [(path, node) for path, node in nnx.iter_graph(old) if is_object(node)]:
        if path in twins:
            own = vars(node)
            kept = {name: own[name] for name in own if name.startswith(OURS) or name in MODES}
            inner = {name: value for name, value in own.items() if is_object(value)}
            taken = {name: inner.get(name, value) for name, value in vars(twins[path]).items()}
            own.clear()
            own.update(taken | kept)


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


def plain_attributes(one: Any) -> str:
    """What an NNX object holds outside of its variables; a checkpoint does not keep it."""
    return ADDRESS.sub("", repr(nnx.graphdef(one)))
