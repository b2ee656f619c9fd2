"""A Linen module and its NNX counterpart with the same parameters, and what both compute from them.

The parameters are drawn anew for every leaf, as initial ones and zeros hide faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx, traverse_util

from migrate.verify.recorder.leafmap import Pair, Path, pair_leaves

Leaves = list[np.ndarray]
CELL = frozenset({"i", "h", "ii", "if", "ig", "io", "hi", "hf", "hg", "ho"})
POSITIVE = frozenset({"scale", "var"})
KEPT = (nnx.Param, nnx.BatchStat)


def redrawn(variables: Any, signed: bool = False) -> Any:
    """The variables, or their shapes, with every leaf drawn anew.

    From a uniform distribution over positive numbers, or over both signs, but for scales and variances.
    """
    draws = np.random.default_rng(0)

    def leaf(path: Any, value: jax.Array | jax.ShapeDtypeStruct) -> jax.Array:
        positive = not signed or POSITIVE & {getattr(key, "key", "") for key in path}
        low, high = (0.2, 0.9) if positive else (-0.7, 0.7)
        return jnp.asarray(draws.uniform(low, high, value.shape), value.dtype)

    return jax.tree_util.tree_map_with_path(leaf, variables)


def copy_into(variables: Any, model: nnx.Module) -> None:
    """Linen's leaves into the NNX module by their paths, all of them and nothing else."""
    flat: dict[Path, jax.Array] = {}
    for collection in variables.values():
        flat |= traverse_util.flatten_dict(collection)
    state = nnx.to_flat_state(nnx.state(model, nnx.Any(*KEPT)))
    known = {linen_path(path): leaf for path, leaf in state}
    parts: dict[Path, list[jax.Array]] = {}
    for pair in _paired(flat, known):
        parts.setdefault(pair.after, []).append(flat[pair.before])
    values = {
        path: jnp.concatenate(leaves, -1) if len(leaves) > 1 else leaves[0] for path, leaves in parts.items()
    }
    for path, leaf in known.items():
        assert leaf[...].shape == values[path].shape, (path, leaf[...].shape, values[path].shape)
        assert leaf[...].dtype == values[path].dtype, path
    nnx.update(
        model, nnx.from_flat_state([(path, leaf.replace(values[linen_path(path)])) for path, leaf in state])
    )


def _paired(before: Mapping[Path, Any], after: Mapping[Path, Any]) -> list[Pair]:
    """The leaves by name; only the gates of recurrent cells have other names, side by side in one leaf."""
    found = pair_leaves(
        *({path: np.shape(leaf[...]) for path, leaf in tree.items()} for tree in (before, after))
    )
    assert found.complete, found
    renamed = {pair for pair in found.pairs if pair.before != pair.after}
    assert all(CELL & {*pair.before} for pair in renamed), renamed
    return sorted(found.pairs, key=lambda pair: pair.part)


def linen_path(path: tuple[str | int, ...]) -> Path:
    """The items of a list are attributes with numbers in Linen."""
    names: list[str] = []
    for part in path:
        if isinstance(part, int):
            names[-1] = f"{names[-1]}_{part}"
        else:
            names.append(part)
    return tuple(names)


def _summed(result: Any) -> jax.Array:
    leaves = [leaf for leaf in jax.tree.leaves(result) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return sum((jnp.mean(leaf.astype(jnp.float32) ** 2) for leaf in leaves), jnp.float32(0))


def linen_results(net: Any, variables: Any, args: Any, kwargs: Any, rngs: Any = None) -> Leaves:
    """Outputs, gradients by sorted paths, and what the other collections hold afterwards."""
    others = {name: tree for name, tree in variables.items() if name != "params"}

    def run(params: Any) -> tuple[jax.Array, Any]:
        everything = {"params": params, **others}
        result, updated = net.apply(everything, *args, mutable=[*others], rngs=rngs, **kwargs)
        return _summed(result), (result, updated)

    (_, (result, updated)), grads = jax.value_and_grad(run, has_aux=True)(variables.get("params", {}))
    flat = traverse_util.flatten_dict(grads)
    stats = traverse_util.flatten_dict({k: v for tree in updated.values() for k, v in tree.items()})
    trees = (*jax.tree.leaves(result), *(flat[p] for p in sorted(flat)), *(stats[p] for p in sorted(stats)))
    return [np.asarray(leaf) for leaf in trees]


def nnx_results(model: Any, args: Any, kwargs: Any, params: Any, lent: Iterable[str] = ()) -> Leaves:
    """The same of the NNX module, in the order of Linen's `params`; `lent` are layers for its calls."""
    paths = traverse_util.flatten_dict(params)

    def run(model: Any) -> tuple[jax.Array, Any]:
        result = model(*args, **kwargs, **{name: getattr(model, name) for name in lent})
        return _summed(result), result

    (_, result), grads = nnx.value_and_grad(run, has_aux=True)(model)
    flat = {linen_path(path): leaf[...] for path, leaf in nnx.to_flat_state(grads)}
    stats = dict(nnx.to_flat_state(nnx.state(model, nnx.Any(*KEPT[1:]))))
    leaves = _split(flat, paths)
    trees = (*jax.tree.leaves(result), *leaves, *(stats[p][...] for p in sorted(stats)))
    return [np.asarray(leaf) for leaf in trees]


def _split(flat: dict[Path, jax.Array], paths: Mapping[Path, Any]) -> list[jax.Array]:
    """The leaves in Linen's order, fused ones taken apart."""
    pairs = {pair.before: pair for pair in _paired(paths, flat)}
    return [_part(flat[pair.after], pair) for _, pair in sorted(pairs.items())]


def _part(leaf: jax.Array, pair: Pair) -> jax.Array:
    return jnp.split(leaf, pair.parts, -1)[pair.part] if pair.parts > 1 else leaf
