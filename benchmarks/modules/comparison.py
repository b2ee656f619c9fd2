"""One Linen class and its NNX class: built alike, called alike, and what both give compared."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import nnx

from benchmarks.modules.asking import Notes, fields, keys, passed, shapes, ways
from benchmarks.modules.guesses import Unguessed
from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn
from benchmarks.modules.settings import Pretrained, apart, tied

ENOUGH = 15
"""Of the processor's time: after so many seconds no further way to call a class is looked at."""
GUESSES = 64
ULPS = 64


class Unfit(Exception):
    """The NNX module cannot be made for an input: wrong, unless its code is for inputs of other ranks."""


def verdict(old: Any, new: Any, notes: Notes) -> tuple[str, str]:
    """The worst verdict of all ways to call a class."""
    if isinstance(old, str):
        return "not built", f"import: {old}"
    if isinstance(new, str):
        return "wrong", f"import: {new}"
    given = fields(old, notes)
    Pretrained.read.clear()
    found = _found(old, new, given, notes)
    if "tie_word_embeddings" in Pretrained.read and tied(given):
        found += _found(old, new, apart(given), notes)
    return max(found, key=lambda each: ("bitwise", "ulp", "wrong").index(each[0]))


def _found(old: Any, new: Any, given: dict[str, Any], notes: Notes) -> list[tuple[str, str]]:
    """The verdicts for a few ways to call both modules with the same fields."""
    begun = time.process_time()
    found: list[tuple[str, str]] = []
    unfit: list[tuple[set[int], tuple[str, str]]] = []
    ranks: set[int] = set()
    complaint: Unguessed | None = None
    tried = ways(old, given, notes)
    trees = [shapes(net, arguments) for net, arguments in tried]
    for (net, arguments), own in zip(tried, trees, strict=True):
        try:
            most = _richest(own, trees)
            found.append(_of_call(net, new, given, arguments, trees[most], tried[most][1]))
            ranks |= _ranks(arguments)
        except Unguessed as error:
            complaint = complaint or error
        except Unfit as error:
            unfit.append((_ranks(arguments), ("wrong", str(error))))
        late = time.process_time() - begun > ENOUGH
        if found and (late or found[-1][0] == "wrong"):
            break
    found += [each for own, each in unfit if not found or own <= ranks]
    if complaint and not found:
        raise complaint
    return found


def _ranks(arguments: dict[str, Any]) -> set[int]:
    return {leaf.ndim for leaf in jax.tree.leaves(arguments) if isinstance(leaf, jax.Array)}


def _paths(tree: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        yield jax.tree_util.keystr(path), (leaf.shape, leaf.dtype)


def _richest(own: Any, trees: list[Any]) -> int:
    """Which is the largest tree with all of `own`: `init` makes fewer layers for fewer inputs."""
    leaves = dict(_paths(own))
    others = [n for n, tree in enumerate(trees) if leaves.items() <= dict(_paths(tree)).items()]
    return max(others, key=lambda n: len(jax.tree.leaves(trees[n])))


def _of_call(
    net: Any, new: Any, given: dict[str, Any], arguments: dict[str, Any], shapes: Any, most: dict[str, Any]
) -> tuple[str, str]:
    """The verdict for one way to call both modules, which have the variables of the arguments `most`."""
    try:
        variables = redrawn(dict(shapes), signed=True)
        before = linen_results(net, variables, *passed(net, arguments), rngs=keys(0))
    except TimeoutError:
        raise
    except Exception as error:
        raise Unguessed(f"{type(error).__name__}: {error}") from error
    way = ", ".join(f"{n}={_shown(v)}" for n, v in arguments.items())
    try:
        model = _fitting(new, given, most, variables, way)
        wanted = inspect.signature(model.__call__).parameters
        extra = {"rngs": nnx.Rngs(0)} if "rngs" in wanted else {}
        lent = [name for name in wanted if isinstance(given.get(name), nn.Module)]
        args, kwargs = passed(net, arguments)
        after = nnx_results(model, args, {**kwargs, **extra}, variables.get("params", {}), lent)
    except (TimeoutError, Unguessed, Unfit):
        raise
    except Exception as error:
        return "wrong", f"{type(error).__name__}: {error} ({way})"
    verdict, detail = _compared(before, after)
    if verdict == "wrong":
        again = linen_results(net, variables, *passed(net, arguments), rngs=keys(5))
        if _compared(before, again)[0] != "bitwise":
            raise Unguessed("it draws random numbers that cannot be turned off")
    return verdict, f"{detail} ({way})" if detail else ""


def _fitting(new: Any, given: dict[str, Any], most: dict[str, Any], variables: Any, way: str) -> Any:
    try:
        return _built(new, given, most, variables)
    except (TimeoutError, Unguessed):
        raise
    except Exception as error:
        raise Unfit(f"{type(error).__name__}: {error} ({way})") from error


def _shown(value: Any) -> str:
    return f"{value.dtype}{[*value.shape]}" if isinstance(value, jax.Array) else repr(value)


def _built(new: Any, given: dict[str, Any], arguments: dict[str, Any], variables: Any) -> Any:
    """The NNX module with the sizes of its inputs and the parameters of the Linen module."""
    items = {f"{n}_{i}": v for n, t in arguments.items() if isinstance(t, tuple) for i, v in enumerate(t)}
    arrays = {n: v for n, v in {**arguments, **items}.items() if isinstance(v, jax.Array) and v.ndim}
    _, *wanted = inspect.signature(new.__init__).parameters.values()
    wanted = [p for p in wanted if p.name not in {"rngs", *given}]
    optional = {p.name for p in wanted if p.default is None and p.name.endswith(("_features", "_shape"))}
    names = [p.name for p in wanted if p.default is p.empty or p.name in optional]
    taken = inspect.signature(new.__init__).parameters
    fields = {name: _as_nnx(value) for name, value in given.items() if name in taken}
    lent = {name: _as_nnx(value) for name, value in given.items() if isinstance(value, nn.Module)}
    complaint: Exception = AssertionError(f"no sizes are known for {names}")
    tries = ([*_sizes(n, arrays, variables), *([None] if n in optional else [])] for n in names)
    for sizes in islice(product(*tries), GUESSES):
        try:
            model = new(**fields, **dict(zip(names, sizes, strict=True)), rngs=nnx.Rngs(0))
            for name in lent.keys() - fields.keys():
                setattr(model, name, lent[name])
            copy_into(variables, model)
            return model
        except TimeoutError:
            raise
        except Exception as error:
            complaint = error
    if any(name.endswith("_shape") for name in names) and "values to unpack" in str(complaint):
        raise Unguessed("it is told the axes of an input of another rank")
    raise complaint


def _sizes(name: str, arrays: dict[str, jax.Array], variables: Any) -> list[Any]:
    """What a size may be, by the name of its argument: an input's last axis, its axes, or their product.

    Where it names a layer, the size is an axis of a kernel of that layer.
    """
    stem = name.removesuffix("_features").removesuffix("_shape")
    named = [key for key in variables.get("params", {}) if stem.startswith(key.strip("_").lower())]
    if named and stem not in arrays and name.endswith("_features"):
        leaves = jax.tree.leaves([variables["params"][key] for key in named])
        return [*dict.fromkeys(size for leaf in leaves for size in leaf.shape[-2:][:1])]
    inputs = [arrays[stem]] if stem in arrays else [*arrays.values()]
    if name.endswith("_shape"):
        return [value.shape[1:] for value in inputs]
    return [value.shape[-1] for value in inputs] + [value[0].size for value in inputs]


def _as_nnx(value: Any) -> Any:
    """The NNX layer for one of Linen, or its class."""
    if isinstance(value, nn.Embed):
        return nnx.Embed(value.num_embeddings, value.features, rngs=nnx.Rngs(0))
    if isinstance(value, type) and issubclass(value, nn.Module):
        return getattr(nnx, {"Dense": "Linear"}.get(value.__name__, value.__name__), value)
    return value


def _compared(before: list[np.ndarray], after: list[np.ndarray]) -> tuple[str, str]:
    """`bitwise`, `ulp` for a difference of rounding, `wrong` for any other."""
    if len(before) != len(after):
        return "wrong", f"{len(before)} and {len(after)} results"
    worst = 0.0
    for old, new in zip(before, after, strict=True):
        if (old.dtype, old.shape) != (new.dtype, new.shape):
            return "wrong", f"{old.dtype}{old.shape} and {new.dtype}{new.shape}"
        if not np.array_equal(old, new, equal_nan=old.dtype.kind in "fc"):
            scale = float(np.abs(old).max()) * float(jnp.finfo(old.dtype).eps if old.dtype.kind == "f" else 0)
            worst = max(worst, float(np.abs(old - new).max()) / scale if scale else np.inf)
    if not worst:
        return "bitwise", ""
    return ("ulp" if worst < ULPS else "wrong"), f"{worst:.3g} ulp"
