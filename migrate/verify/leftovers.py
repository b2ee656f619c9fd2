"""Nothing stays behind: processes that outlive a run, and directories when we are told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

MARK = "LINEN2NNX_RUN"
PROCESSES = Path("/proc")
ROUNDS = 20


def end_marked(mark: str) -> None:
    """Kill every process whose environment carries the mark of a run, as far as the system shows them.

    Children of the program that left its process group are found this way.
    """
    for _ in range(ROUNDS):
        found = list(_marked(f"{MARK}={mark}".encode()))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def _marked(mark: bytes) -> Iterator[int]:
    for entry in PROCESSES.iterdir() if PROCESSES.is_dir() else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes():
                    yield int(entry.name)


@contextlib.contextmanager
def orderly_end() -> Iterator[None]:
    """Turn signals that would end this process at once into an exit that cleans up first.

    Signals that the caller handles or ignores, and threads other than the main one, are left as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    before = {one: signal.getsignal(one) for one in wanted if one is not None}
    taken = {one: now for one, now in before.items() if now in (signal.SIG_DFL, signal.default_int_handler)}
    for one in taken:
        signal.signal(one, _leave)
    try:
        yield
    finally:
        for one, now in taken.items():
            signal.signal(one, now)


def _leave(number: int, frame: FrameType | None) -> None:
    """Leave as a shell reports it; while cleaning up, further signals of the kind are ignored."""
    for one in (signal.SIGINT, number):
        signal.signal(one, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
