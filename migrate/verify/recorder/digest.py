"""Large arrays as two numbers: a hash that decides whether bits are the same, and the magnitude."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

BLOCK = 1 << 14
MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


class Digest(np.ndarray[Any, Any]):
    """What stands for an array: shape (2,), uint64; its hash, and the bits of its largest magnitude."""

    @property
    def largest(self) -> float:
        return float(np.asarray(self[1:]).view(np.float64)[0])


def digest(array: np.ndarray[Any, Any]) -> Digest:
    """Condense an array; its bytes count in row-major order, whatever the shape.

    Each 32-bit word is multiplied by a 64-bit weight of its own, modulo 2**64, so that two arrays that
    differ have the same hash with a chance of 2**-32 at worst.
    """
    raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    spare = -raw.size % 4
    words = (np.pad(raw, (0, spare)) if spare else raw).view(np.uint32)
    largest = np.array([_largest(array)], np.float64).view(np.uint64)
    return np.array([_hash(words), largest[0]], np.uint64).view(Digest)


def _hash(words: np.ndarray[Any, Any]) -> int:
    weights, total = _weights(), 0
    for start in range(0, words.size, BLOCK):
        block = words[start : start + BLOCK].astype(np.uint64)
        total = (total * STEP + int(np.dot(block, weights[: block.size]))) & MASK
    return total


@functools.cache
def _weights() -> np.ndarray[Any, Any]:
    """SplitMix64, written out so that every version of numpy gives the same."""
    mixed = np.arange(1, BLOCK + 1, dtype=np.uint64) * np.uint64(STEP)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _largest(array: np.ndarray[Any, Any]) -> float:
    """The largest magnitude, NaN if there is one."""
    if array.dtype.kind in "fiu":
        return max(float(array.max(initial=0)), -float(array.min(initial=0)))
    wide = array.astype(np.complex64 if array.dtype.kind == "c" else np.float32)
    return float(np.abs(wide).max(initial=0.0))
