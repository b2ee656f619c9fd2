"""What a command leaves to be printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Text for standard output and standard error, raw bytes for standard output, the exit code."""

    code: int = 0
    out: str = ""
    err: str = ""
    data: bytes = b""
