"""What one recorded run keeps: its settings, its event file and its counts of optimizer steps."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

import jax
from jax._src import core

from . import wire
from .births import Births
from .context import Context
from .resume import holds_objects, restore
from .trees import LARGE
from .wire import Array

DIGESTED = frozenset({"update", "return", "call"})
ROOM = 1 << 31


@dataclass(frozen=True)
class Settings:
    """The child's configuration, as the parent wrote it; with `exact`, large arrays are kept whole.

    With `light`, only the times of optimizer steps are recorded.
    """

    program: str
    out: str
    args: tuple[str, ...] = ()
    steps: int = 10
    transplant: str | None = None
    layers: bool = False
    replay: int = 0
    resume: int = 0
    exact: bool = False
    references: str | None = None
    start: int = 0
    takeover: str | None = None
    networks: list[int] = field(default_factory=list)
    light: bool = False
    leaf_map: dict[str, str] = field(default_factory=dict)


@dataclass
class Session:
    """One recorded run. Writing happens only in the process that opened the file."""

    settings: Settings
    stream: BinaryIO
    context: Context = field(default_factory=Context)
    segment: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    spent: float = 0.0
    unlimited: bool = False
    pid: int = field(default_factory=os.getpid)
    noted: set[str] = field(default_factory=set)
    replays: Any = None
    isolation: Any = None
    stopping: bool = False
    written: int = 0
    traces: int = 0
    births: Births | None = None
    watched: set[type] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def write(self, header: dict[str, Any], leaves: list[tuple[str, tuple[str, ...], Array]]) -> None:
        """Append one event; forked children of the program stay silent."""
        if os.getpid() != self.pid:
            return
        start = time.perf_counter()
        with self.lock:
            extra = {"segment": self.segment, "time": start, "spent": self.spent, "traces": self.traces}
            above = self._above(header["kind"])
            self.written += wire.append(self.stream, {**header, **extra}, leaves, above)
            self.stream.flush()
            self.spent += time.perf_counter() - start
            if header["kind"] == "update":
                self._count(header["optimizer"])

    def _above(self, kind: str) -> float:
        """Number of elements above which an array is digested; all are once the file has grown too far."""
        full = self.written > ROOM and kind in (*DIGESTED, "layer")
        return LARGE if full or (kind in DIGESTED and not self.settings.exact) else inf

    def _count(self, optimizer: str) -> None:
        """Count an optimizer step, and end the process once every optimizer has one step to spare.

        The step to spare shows the parameters that the last compared step left behind.
        """
        self.counts[optimizer] = self.counts.get(optimizer, 0) + 1
        wanted = self.settings.steps + 1
        enough = min(self.counts.values()) >= wanted or max(self.counts.values()) >= 4 * wanted
        if enough and not self.unlimited and not self.stopping:
            self.stopping = True
            if self.replays is None:
                self._stop()
            threading.Thread(target=self._stop).start()

    def resume_if_due(self, seen: Any) -> None:
        """At the wanted step, once: put the program's NNX objects through a checkpoint.

        `seen` is what the program holds at this point, given to a compiled function or returned by it.
        """
        if self.births is None or self.context.inside("boundary") or not core.trace_state_clean():
            return
        jax.effects_barrier()
        taken = max(self.counts.values(), default=0)
        if taken >= self.settings.resume and holds_objects(seen):
            births, self.births = self.births, None
            with self.context.enter("construct"):
                outcome = restore(births, seen)
            self.write({"kind": "resume", "step": taken, **outcome}, [])

    def _stop(self) -> None:
        """End the process at once, wherever the program is, when all replays are done."""
        if self.replays is not None:
            self.replays.finish()
        self.end({"reason": "steps"})
        sys.stdout.flush()
        os._exit(0)

    def end(self, outcome: dict[str, Any]) -> None:
        """Write the last event and close the file."""
        with self.lock:
            if not self.stream.closed and os.getpid() == self.pid:
                wide = bool(jax.config.jax_enable_x64)
                wire.append(self.stream, {"kind": "end", "x64": wide, **outcome}, [])
                self.stream.close()


def open_session(settings: Settings) -> Session:
    """Open the event file of a run."""
    return Session(settings, Path(settings.out).open("wb"))
