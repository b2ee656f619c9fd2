"""Runs a Linen module and its rewriting side by side: same parameters, outputs and gradients compared.

The parameters are drawn anew for every leaf, as initial ones and zeros hide faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx, traverse_util

from migrate.core import migrate_sources
from migrate.result import Options
from migrate.verify.recorder.leafmap import Pair, Path, pair_leaves

PATH = "model.py"
CELL = frozenset({"i", "h", "ii", "if", "ig", "io", "hi", "hf", "hg", "ho"})
KEPT = (nnx.Param, nnx.BatchStat)
HEAD = """\
from functools import partial
from typing import Any, Callable, Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

X = jnp.sin(jnp.arange({size}.0)).reshape({shape})
IDS = jnp.arange(6).reshape(2, 3)
"""


@dataclass(frozen=True)
class Outcome:
    """Outputs and gradients of both modules, and the new text."""

    text: str
    before: list[np.ndarray]
    after: list[np.ndarray]


def program(module: str, build: str, shape: tuple[int, ...], given: str = "", inputs: str = "X") -> str:
    """A whole program around a module `Net`."""
    head = HEAD.format(size=int(np.prod(shape)), shape=shape)
    more = f", {given}" if given else ""
    use = f"""

net = {build}
variables = net.init(jax.random.key(0), {inputs}{more})
"""
    return f"{head}\n\n{dedent(module).strip()}\n{use}"


def findings(text: str) -> list[str]:
    """What stands against a program that stays."""
    result = migrate_sources({PATH: text}, Options())
    assert result.changed == {}
    return [f"{finding.code} {finding.message}" for finding in result.findings]


def migrated(text: str) -> str:
    """The new text, which parses and stays in a second run."""
    result = migrate_sources({PATH: text}, Options())
    assert PATH in result.changed, [f"{f.line} {f.code} {f.message}" for f in result.findings]
    new = result.changed[PATH]
    again = migrate_sources({PATH: new}, Options())
    assert again.changed == {}
    return new


def compared(text: str, inputs: str = "X", given: str = "") -> Outcome:
    """Run both programs and compare what they compute from the same random parameters."""
    new = migrated(text)
    old_scope: dict[str, Any] = {}
    exec(compile(text, PATH, "exec"), old_scope)
    new_scope: dict[str, Any] = {}
    exec(compile(new, PATH, "exec"), new_scope)
    variables = _redrawn(old_scope["variables"])
    model = new_scope["net"]
    _copy(variables, model)
    args, kwargs = _arguments(old_scope, inputs, given)
    before = _linen(old_scope["net"], variables, args, kwargs)
    after = _nnx(model, args, kwargs, traverse_util.flatten_dict(variables.get("params", {})))
    return Outcome(new, before, after)


def _arguments(scope: dict[str, Any], inputs: str, given: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    call = f"(lambda *args, **kwargs: (args, kwargs))({inputs}{', ' if given else ''}{given})"
    found: tuple[tuple[Any, ...], dict[str, Any]] = eval(call, scope)
    return found


def _redrawn(variables: Any) -> Any:
    draws = np.random.default_rng(0)

    def leaf(value: jax.Array) -> jax.Array:
        return jnp.asarray(draws.uniform(0.2, 0.9, value.shape), value.dtype)

    return jax.tree.map(leaf, variables)


def _copy(variables: Any, model: nnx.Module) -> None:
    """Linen's leaves into the NNX module by their paths, all of them and nothing else."""
    flat: dict[tuple[str, ...], jax.Array] = {}
    for collection in variables.values():
        flat |= traverse_util.flatten_dict(collection)
    state = nnx.to_flat_state(nnx.state(model, nnx.Any(*KEPT)))
    known = {_linen_path(path): leaf for path, leaf in state}
    parts: dict[tuple[str, ...], list[jax.Array]] = {}
    for pair in _paired(flat, known):
        parts.setdefault(pair.after, []).append(flat[pair.before])
    values = {
        path: jnp.concatenate(leaves, -1) if len(leaves) > 1 else leaves[0] for path, leaves in parts.items()
    }
    for path, leaf in known.items():
        assert leaf[...].shape == values[path].shape, (path, leaf[...].shape, values[path].shape)
        assert leaf[...].dtype == values[path].dtype, path
    nnx.update(
        model, nnx.from_flat_state([(path, leaf.replace(values[_linen_path(path)])) for path, leaf in state])
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


def _linen_path(path: tuple[str | int, ...]) -> tuple[str, ...]:
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


def _linen(net: Any, variables: Any, args: Any, kwargs: Any) -> list[np.ndarray]:
    others = {name: tree for name, tree in variables.items() if name != "params"}

    def run(params: Any) -> tuple[jax.Array, Any]:
        result, updated = net.apply({"params": params, **others}, *args, mutable=[*others], **kwargs)
        return _summed(result), (result, updated)

    (_, (result, updated)), grads = jax.value_and_grad(run, has_aux=True)(variables.get("params", {}))
    flat = traverse_util.flatten_dict(grads)
    stats = traverse_util.flatten_dict({k: v for tree in updated.values() for k, v in tree.items()})
    trees = (*jax.tree.leaves(result), *(flat[p] for p in sorted(flat)), *(stats[p] for p in sorted(stats)))
    return [np.asarray(leaf) for leaf in trees]


def _nnx(model: Any, args: Any, kwargs: Any, paths: Mapping[Path, Any]) -> list[np.ndarray]:
    kwargs = {("rngs" if name == "rngs" else name): value for name, value in kwargs.items()}

    def run(model: Any) -> tuple[jax.Array, Any]:
        result = model(*args, **kwargs)
        return _summed(result), result

    (_, result), grads = nnx.value_and_grad(run, has_aux=True)(model)
    flat = {_linen_path(path): leaf[...] for path, leaf in nnx.to_flat_state(grads)}
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


def assert_identical(outcome: Outcome) -> None:
    """Every output, gradient and statistic has the same bits."""
    assert len(outcome.before) == len(outcome.after)
    for old, new in zip(outcome.before, outcome.after, strict=True):
        assert old.dtype == new.dtype
        assert old.shape == new.shape
        assert np.array_equal(old, new, equal_nan=True), (outcome.text, np.abs(old - new).max())
