"""Where the program is while a hook runs: nesting depths and the frame in the user's own files."""

from __future__ import annotations

import sys
import sysconfig
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
HERE = __file__.rpartition("/")[0]


Stack = tuple[tuple[str, int], ...]


@dataclass
class Context(threading.local):
    """Depth counters of one thread, and what the enclosing train state or optimizer said."""

    depths: dict[str, int] = field(default_factory=dict)
    owners: list[dict[str, Any]] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)
    origins: dict[tuple[str | int, ...], list[Stack]] = field(default_factory=dict)
    stream: str = ""
    optimizer: str = ""
    ticks: int = 0

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
    def calling(self, path: str) -> Iterator[bool]:
        """While a module is called; yield whether it is the outermost, which starts new counts of draws."""
        outermost = not self.modules
        if outermost:
            self.seen = {}
        self.modules.append(path)
        try:
            yield outermost
        finally:
            self.modules.pop()

    def occurrence(self, *key: str) -> int:
        """Which draw of the outermost forward call this is, for one path and stream."""
        self.seen[key] = self.seen.get(key, 0) + 1
        return self.seen[key]

    def origin(self, stack: Stack, draw: tuple[str | int, ...]) -> int:
        """A number for the place in the user's code that led to a draw, in order of appearance."""
        known = self.origins.setdefault(draw, [])
        if stack not in known:
            known.append(stack)
        return known.index(stack)

    @contextmanager
    def drawing(self, stream: str) -> Iterator[None]:
        """While a dropout layer draws: the stream that it asks for, whatever answers."""
        before, self.stream = self.stream, stream
        try:
            yield
        finally:
            self.stream = before

    def tick(self) -> int:
        """A growing number, by which events of one compiled program are put in order of tracing."""
        self.ticks += 1
        return self.ticks

    @contextmanager
    def owner(self, step: Any, fields: dict[str, Any], kept: Collection[str] = ()) -> Iterator[None]:
        """While a train state or an optimizer updates: its step counter and its other fields.

        `kept` names the fields that the update does not exchange.
        """
        self.owners.append({"step": step, "fields": fields, "kept": sorted(kept)})
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


def user_stack() -> Stack:
    """File and line of every frame in the user's own files, the innermost first."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if is_user_file(frame.f_code.co_filename):
            found.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


def is_user_file(name: str) -> bool:
    """Whether a code object's file is neither a library's, nor generated, nor the recorder's."""
    if name.startswith("<") or name.startswith(HERE):
        return False
    return not name.startswith(LIBRARIES) and "site-packages" not in name
