"""Faults that show between layers: other inputs, other activations, another loss function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from migrate.verify.compare import epsilon
from migrate.verify.layers import LayerPair
from migrate.verify.measure import magnitude
from migrate.verify.recorder.wire import Array
from migrate.verify.report import Cause

EQUAL = 3e-6
Function = Callable[[Array], Array]


def _erf(x: Array) -> Array:
    return np.array([math.erf(value) for value in x.ravel()]).reshape(x.shape)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


ACTIVATIONS: dict[str, Function] = {
    "no activation": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "approximate gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "exact gelu": lambda x: 0.5 * x * (1 + _erf(x / np.sqrt(2))),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "leaky_relu(0.2)": lambda x: np.where(x > 0, x, 0.2 * x),
}


def between_layers(seen: list[LayerPair], in_loss: bool = True) -> Iterator[Cause]:
    """What the first difference between two runs of layers tells; calls inside a gradient come first.

    Where no layer differs, it lies in the loss, unless `in_loss` says that the losses agree.
    """
    pairs = [pair for pair in seen if pair.before.header["training"]] or seen
    if not pairs:
        return
    wrong = next((index for index, p in enumerate(pairs) if not p.inputs.same_bits), None)
    differs = [index for index, p in enumerate(pairs) if not p.output.same_bits]
    if wrong is None and not differs:
        if in_loss:
            yield Cause(
                "loss-function", "all layers return the same, so the difference lies in the loss itself"
            )
    elif wrong == 0:
        first = pairs[0].before.header["path"] or "the model"
        yield Cause("other-data", f"{first} is given other inputs: the data, its order or its scale differ")
    elif wrong is not None and (not differs or wrong <= differs[0]):
        yield from _interval(pairs, wrong)
    elif wrong is None and all(p.before.header["path"] == "" for p in (pairs[i] for i in differs)):
        yield Cause("model-output", "all layers return the same and the model does something else with it")


def _interval(pairs: list[LayerPair], wrong: int) -> Iterator[Cause]:
    pair, last = pairs[wrong], pairs[wrong - 1]
    names = last.before.header["path"], pair.before.header["path"]
    found = _activations(pairs[:wrong], pair)
    if found is not None:
        yield Cause("activation", f"{names[1]} is given {found[1]} of {found[2]} where it was {found[0]}")
    else:
        yield Cause("between-layers", f"the code between {names[0]} and {names[1]} computes something else")


def _activations(earlier: list[LayerPair], pair: LayerPair) -> tuple[str, str, str] | None:
    """The activations that explain both inputs of a layer from the output of an earlier one."""
    before, after = _first(pair.before.group("in")), _first(pair.after.group("in"))
    tolerance = max(EQUAL, epsilon(pair.before, "in"))
    for source in reversed(earlier):
        value = _first(source.before.group("out"))
        if value is None or before is None or after is None or value.dtype.kind != "f":
            continue
        old, new = _named(value, before, tolerance), _named(value, after, tolerance)
        if old and new and old != new:
            return old, new, str(source.before.header["path"])
    return None


def _first(tree: dict[tuple[str, ...], Array]) -> Array | None:
    return next(iter(tree.values()), None)


def _named(value: Array, result: Array, tolerance: float) -> str | None:
    """The activation, with pooling if need be, that comes closest to a result."""
    wide, wanted = value.astype(np.float64), result.astype(np.float64).ravel()
    scale = magnitude([wanted]) or 1.0
    gaps = {}
    for name, apply in ACTIVATIONS.items():
        for pool, pooled in _pools(apply(wide), result):
            gaps[f"{name}{pool}"] = float(np.abs(pooled.ravel() - wanted).max()) / scale
    best = min(gaps, key=lambda name: gaps[name], default=None)
    return best if best is not None and gaps[best] < tolerance else None


def _pools(value: Array, result: Array) -> Iterator[tuple[str, Array]]:
    """The value itself if it fits the result, or what pooling without overlap makes of it."""
    if value.size == result.size:
        yield "", value
    elif value.ndim == result.ndim == 4 and (value.shape[0], value.shape[3]) == (
        result.shape[0],
        result.shape[3],
    ):
        rows, columns = value.shape[1] // result.shape[1], value.shape[2] // result.shape[2]
        if rows * result.shape[1] == value.shape[1] and columns * result.shape[2] == value.shape[2]:
            blocks = value.reshape(
                value.shape[0], result.shape[1], rows, result.shape[2], columns, value.shape[3]
            )
            yield " and max pooling", blocks.max(axis=(2, 4))
            yield " and average pooling", blocks.mean(axis=(2, 4))
