"""`python -m benchmarks.modules.worker BEFORE AFTER < cases`: build and compare classes, one line each."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import inspect
import io
import json
import signal
import sys
from itertools import islice, product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import nnx

from benchmarks.modules import stubs
from benchmarks.modules.guesses import Parameter, Unguessed, calls, field_value
from benchmarks.modules.pairing import copy_into, linen_results, nnx_results, redrawn

SECONDS = 60
WAYS = 4
GUESSES = 64
ULPS = 64


def main() -> None:
    """Compare what standard input names; what the programs print is swallowed."""
    before, after = sys.argv[1:3]
    cases = json.load(sys.stdin)
    sys.meta_path.append(stubs.Finder(Path(before)))
    old = _loaded(before, cases)
    new = _loaded(after, cases)
    for path, name in cases:
        with contextlib.redirect_stdout(io.StringIO()):
            verdict, detail = _limited(old.get((path, name)), new.get((path, name)))
        print(json.dumps([path, name, verdict, detail[:300]]), flush=True)


def _loaded(root: str, cases: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """The classes as they are below `root`; the modules are forgotten afterwards."""
    finder = stubs.Sources(Path(root))
    sys.meta_path.insert(0, finder)
    found: dict[tuple[str, str], Any] = {}
    known = set(sys.modules)
    for path, name in cases:
        dotted = ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")
        try:
            cls = getattr(importlib.import_module(dotted), name)
        except Exception as error:
            cls = f"{type(error).__name__}: {error}"
        found[path, name] = finder.failures.get((dotted, name), cls)
    for module in set(sys.modules) - known:
        loader = getattr(sys.modules[module].__spec__, "loader", None)
        if isinstance(loader, (stubs.Sources, stubs.Finder)):
            del sys.modules[module]
    sys.meta_path.remove(finder)
    return found


def _limited(old: Any, new: Any) -> tuple[str, str]:
    def late(*_: Any) -> None:
        raise TimeoutError("took too long")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        return _verdict(old, new)
    except Unguessed as error:
        return "not built", str(error)
    except TimeoutError as error:
        return "not built", str(error)
    finally:
        signal.alarm(0)


def _verdict(old: Any, new: Any) -> tuple[str, str]:
    if isinstance(old, str):
        return "not built", f"import: {old}"
    if isinstance(new, str):
        return "wrong", f"import: {new}"
    given = _fields(old)
    complaint = "wrong", ""
    for net, arguments in _calls(old, given):
        complaint = _of_call(net, new, given, arguments)
        if complaint[0] != "wrong":
            return complaint
    return complaint


def _of_call(net: Any, new: Any, given: dict[str, Any], arguments: dict[str, Any]) -> tuple[str, str]:
    """The verdict for one way to call both modules."""
    keys = _keys()
    try:
        variables = redrawn(dict(net.init(keys, **arguments)))
        before = linen_results(net, variables, (), arguments, rngs=keys)
    except TimeoutError:
        raise
    except Exception as error:
        raise Unguessed(f"{type(error).__name__}: {error}") from error
    try:
        model = _built(new, given, arguments, variables)
        wanted = inspect.signature(model.__call__).parameters
        extra = {"rngs": nnx.Rngs(0)} if "rngs" in wanted else {}
        lent = [name for name in wanted if isinstance(given.get(name), nn.Module)]
        after = nnx_results(model, (), {**arguments, **extra}, variables.get("params", {}), lent)
    except TimeoutError:
        raise
    except Exception as error:
        return "wrong", f"{type(error).__name__}: {error}"
    return _compared(before, after)


def _keys() -> dict[str, jax.Array]:
    return {name: jax.random.key(n) for n, name in enumerate(("params", "dropout", "droppath"))}


def _fields(old: Any) -> dict[str, Any]:
    """Values for the fields of a Linen class that need one."""
    given = {}
    for field in dataclasses.fields(old):
        if field.name in {"parent", "name"} or not field.init:
            continue
        factory = field.default_factory
        default = factory() if factory is not dataclasses.MISSING else field.default
        missing = default is dataclasses.MISSING
        text = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        value = field_value(field.name, text, default, missing)
        if missing or value is not default:
            given[field.name] = value
    return given


def _calls(old: Any, given: dict[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    """The module with arguments that `init` accepts, in a few ways."""
    complaint = "there is no `__call__`"
    found: list[tuple[Any, dict[str, Any]]] = []
    for arguments in calls(_parameters(old)):
        try:
            net = old(**given)
            static = {n: v for n, v in arguments.items() if not isinstance(v, jax.Array)}
            arrays = {n: v for n, v in arguments.items() if isinstance(v, jax.Array)}
            jax.eval_shape(lambda a, s=static, n=net: n.init(_keys(), **a, **s), arrays)
            found.append((net, arguments))
        except TimeoutError:
            raise
        except Exception as error:
            complaint = f"{type(error).__name__}: {error}"
        if len(found) == WAYS:
            break
    if not found:
        raise Unguessed(complaint)
    return found


def _parameters(old: Any) -> list[Parameter]:
    """The parameters of `__call__` as they are written."""
    if not any("__call__" in vars(base) for base in old.__mro__):
        raise Unguessed("there is no `__call__`")
    found = []
    for parameter in [*inspect.signature(old.__call__).parameters.values()][1:]:
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        text = parameter.annotation
        text = text if isinstance(text, str) else getattr(text, "__name__", str(text))
        found.append((parameter.name, text, parameter.default, parameter.default is parameter.empty))
    return found


def _built(new: Any, given: dict[str, Any], arguments: dict[str, Any], variables: Any) -> Any:
    """The NNX module with the sizes of its inputs and the parameters of the Linen module."""
    arrays = {n: v for n, v in arguments.items() if isinstance(v, jax.Array) and v.ndim}
    _, *wanted = inspect.signature(new.__init__).parameters.values()
    wanted = [p for p in wanted if p.name not in {"rngs", *given}]
    names = [p.name for p in wanted if p.default is p.empty]
    taken = inspect.signature(new.__init__).parameters
    fields = {name: _as_nnx(value) for name, value in given.items() if name in taken}
    lent = {name: _as_nnx(value) for name, value in given.items() if isinstance(value, nn.Module)}
    complaint: Exception = AssertionError(f"no sizes are known for {names}")
    for sizes in islice(product(*(_sizes(name, arrays, variables) for name in names)), GUESSES):
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


if __name__ == "__main__":
    main()
