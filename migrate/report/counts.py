"""How many files were looked at, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileCounts:
    """Files read, files that mention Flax, files rewritten (or to be), files that could not be handled."""

    scanned: int
    relevant: int
    changed: int
    failed: int
