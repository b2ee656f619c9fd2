"""Where the program is while a hook runs: nesting depths and the frame in the user's own files."""

from __future__ import annotations

import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
HERE = __file__.rpartition("/")[0]


@dataclass
class Context(threading.local):
    """Depth counters of one thread, and what the enclosing train state or optimizer said."""

    depths: dict[str, int] = field(default_factory=dict)
    owners: list[dict[str, Any]] = field(default_factory=list)

    def inside(self, name: str) -> bool:
        return self.depths.get(name, 0) > 0

    @contextmanager
    def enter(self, name: str) -> Iterator[bool]:
        """Yield whether this is the outermost entry of that name."""
        depth = self.depths.get(name, 0)
        self.depths[name] = depth + 1
        try:
            yield depth == 0
        finally:
            self.depths[name] = depth

    @contextmanager
    def owner(self, step: Any, fields: dict[str, Any]) -> Iterator[None]:
        """While a train state or an optimizer updates: its step counter and its other fields."""
        self.owners.append({"step": step, "fields": fields})
        try:
            yield
        finally:
            self.owners.pop()


def user_site() -> dict[str, Any]:
    """File, line and function of the innermost frame that lies in the user's own files."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return {"file": "", "line": 0, "function": ""}
    code = frame.f_code
    return {"file": code.co_filename, "line": frame.f_lineno, "function": code.co_qualname}


def is_user_file(name: str) -> bool:
    """Whether a code object's file is neither a library's, nor generated, nor the recorder's."""
    if name.startswith("<") or name.startswith(HERE):
        return False
    return not name.startswith(LIBRARIES) and "site-packages" not in name
