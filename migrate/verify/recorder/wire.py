"""The event file: one record after another, a JSON header followed by the bytes of its arrays."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .digest import Digest, digest

LENGTH = struct.Struct("<Q")
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Leaf:
    """Where one array of a record lies; `group` is the tree it belongs to, such as `grads`.

    Where `digested`, a digest lies there instead; dtype and shape are those of the array.
    """

    group: str
    path: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int
    digested: bool = False


@dataclass(frozen=True)
class Record:
    """One event: its header without the arrays, where the arrays lie, and where the event ends."""

    file: Path
    header: Mapping[str, Any]
    leaves: tuple[Leaf, ...]
    end: int

    @property
    def kind(self) -> str:
        return str(self.header["kind"])

    def group(self, name: str) -> dict[tuple[str, ...], Array]:
        """Read the arrays of one tree, some as digests; half-precision types come back as float32."""
        with self.file.open("rb") as stream:
            return {leaf.path: _read(stream, leaf) for leaf in self.leaves if leaf.group == name}

    def signature(self, name: str) -> dict[tuple[str, ...], tuple[tuple[int, ...], str]]:
        """Shape and dtype of every leaf of one tree, without reading the arrays."""
        return {leaf.path: (leaf.shape, leaf.dtype) for leaf in self.leaves if leaf.group == name}


def _read(stream: BinaryIO, leaf: Leaf) -> Array:
    stream.seek(leaf.offset)
    if leaf.digested:
        return np.frombuffer(stream.read(leaf.size), np.uint64).view(Digest)
    return decode(stream.read(leaf.size), leaf.dtype, leaf.shape)


def decode(raw: bytes, dtype: str, shape: tuple[int, ...]) -> Array:
    """Bytes to an array; bfloat16 is widened to float32 by its bits, as plain numpy lacks it."""
    if dtype == "bfloat16":
        wide = np.frombuffer(raw, np.uint16).astype(np.uint32) << 16
        return wide.view(np.float32).reshape(shape)
    if dtype.startswith(("float8", "float4", "int4", "uint4", "int2", "uint2", "float6_")):
        import ml_dtypes

        return np.frombuffer(raw, getattr(ml_dtypes, dtype)).astype(np.float32).reshape(shape)
    return np.frombuffer(raw, np.dtype(dtype)).reshape(shape)


def append(
    stream: BinaryIO,
    header: Mapping[str, Any],
    leaves: list[tuple[str, tuple[str, ...], Array]],
    above: float = inf,
) -> int:
    """Write one whole record, arrays of more than `above` elements as digests; return their bytes.

    Arrays go to the file without being copied first.
    """
    blobs = [digest(array) if array.size > above else np.ascontiguousarray(array) for _, _, array in leaves]
    table = [
        [group, list(path), array.dtype.name, list(array.shape), blob.nbytes, isinstance(blob, Digest)]
        for (group, path, array), blob in zip(leaves, blobs, strict=True)
    ]
    text = json.dumps({**header, "leaves": table}).encode()
    stream.write(LENGTH.pack(len(text)) + text)
    for blob in blobs:
        stream.write(blob.reshape(-1).view(np.uint8).data)
    return sum(blob.nbytes for blob in blobs)


def records(file: Path, start: int = 0) -> Iterator[Record]:
    """Every complete record from a position on; one cut off by the end of the child is left out."""
    total = file.stat().st_size
    with file.open("rb") as stream:
        position = start
        stream.seek(position)
        while position + LENGTH.size <= total:
            (length,) = LENGTH.unpack(stream.read(LENGTH.size))
            offset = position + LENGTH.size + length
            if offset > total:
                return
            header = json.loads(stream.read(length))
            leaves, offset = _leaves(header.pop("leaves"), offset)
            if offset > total:
                return
            yield Record(file, header, leaves, offset)
            position = offset
            stream.seek(position)


def _leaves(table: list[list[Any]], offset: int) -> tuple[tuple[Leaf, ...], int]:
    leaves = []
    for group, path, dtype, shape, size, digested in table:
        leaves.append(Leaf(group, tuple(path), dtype, tuple(shape), offset, size, digested))
        offset += size
    return tuple(leaves), offset
