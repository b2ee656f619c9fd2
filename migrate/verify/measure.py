"""How far apart two arrays are: bits first, then on the scale of the tree that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from migrate.verify.recorder.digest import Digest
from migrate.verify.recorder.wire import Array


@dataclass(frozen=True)
class Distance:
    """`max_rel` is relative to `scale`, the largest magnitude around.

    Both are NaN for NaN against not, and for digests that differ, as those do not tell how far.
    """

    same_bits: bool
    max_abs: float
    max_rel: float


EQUAL = Distance(True, 0.0, 0.0)
UNKNOWN = Distance(False, float("nan"), float("nan"))


def distance(before: Array, after: Array, scale: float | None = None) -> Distance:
    """Compare two arrays of equal shape; without `scale`, their own largest magnitude is taken."""
    if isinstance(before, Digest) or isinstance(after, Digest):
        return EQUAL if np.array_equal(before, after) else UNKNOWN
    if before.shape != after.shape:
        return Distance(False, float("inf"), float("inf"))
    if before.dtype == after.dtype and before.tobytes() == after.tobytes():
        return EQUAL
    left, right = before.astype(np.float64), after.astype(np.float64)
    both_nan = np.isnan(left) & np.isnan(right)
    with np.errstate(invalid="ignore"):
        gap = np.where(both_nan | (left == right), 0.0, np.abs(left - right))
    worst = float(np.max(gap, initial=0.0)) if not np.isnan(gap).any() else float("nan")
    scale = magnitude([before]) if scale is None else scale
    relative = worst / scale if scale > 0 else (0.0 if worst == 0 else float("inf"))
    return Distance(False, worst, relative)


def magnitude(arrays: Iterable[Array]) -> float:
    """The largest finite magnitude in a set of arrays, 0 if there is none."""
    largest = 0.0
    for array in arrays:
        values = np.abs(array.largest if isinstance(array, Digest) else array.astype(np.float64))
        finite = values[np.isfinite(values)]
        largest = max(largest, float(np.max(finite, initial=0.0)))
    return largest
