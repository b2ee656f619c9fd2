"""A process that has imported the libraries and nothing more, and forks one child for each run."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

import jax
import numpy as np

from .channel import tell

MARK = "LINEN2NNX_RUN"
SELF = Path("/proc/self")
FILES = 6
"""The standard streams, both ends to the parent, and the directory that is being listed."""
LOOK = 1.0


def serve() -> str:
    """Fork as often as asked; returns in each child, with the path of its configuration.

    The first process never returns: it ends with the one that started it, and at once if a child of it
    could differ from a process that is started anew.
    """
    requests, replies, parent = (int(word) for word in sys.argv[2:])
    if not (_can_mark_a_fork() and _is_bare()):
        os._exit(1)
    tell(replies, "ready")
    stream = os.fdopen(requests, "rb", buffering=0)
    while request := _next(stream, parent):
        process = os.fork()
        if process == 0:
            stream.close()
            _become(json.loads(request), replies)
            return sys.argv[1]
        tell(replies, "ended", _ended(process, stream, parent))
    os._exit(0)


def _can_mark_a_fork() -> bool:
    """Whether a child can be marked; at this first fork the libraries of numpy end their threads."""
    process = os.fork()
    if process == 0:
        os._exit(0 if _marked("0" * len(os.environ[MARK])) else 1)
    return os.waitpid(process, 0)[1] == 0


def _is_bare() -> bool:
    """Whether this process has no thread, no file and no device that a child would share."""
    threads = max(threading.active_count(), len(list((SELF / "task").iterdir())))
    backends = getattr(jax._src.xla_bridge, "_backends", None)
    return threads == 1 and len(list((SELF / "fd").iterdir())) == FILES and backends == {}


def _next(stream: BinaryIO, parent: int) -> bytes:
    """The next request; empty once the parent is gone."""
    while os.getppid() == parent:
        if select.select([stream], [], [], LOOK)[0]:
            return stream.readline()
    return b""


def _ended(process: int, stream: BinaryIO, parent: int) -> int:
    """The exit code of a child; if the parent goes first, both end."""
    handle = os.pidfd_open(process)
    while handle not in (ready := select.select([handle, stream.fileno()], [], [], LOOK)[0]):
        if ready or os.getppid() != parent:
            os.kill(process, signal.SIGKILL)
            os._exit(1)
    os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _become(request: dict[str, Any], replies: int) -> None:
    """Be what a process started for this run would be: its session, log, variables, arguments and seed."""
    os.setsid()
    log = os.open(request["log"], os.O_WRONLY)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    for name, value in request["variables"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    if not _marked(request["mark"]):
        os._exit(1)
    np.random.seed()
    importlib.invalidate_caches()
    words = len(sys.argv)
    sys.argv[1:] = [request["config"]]
    sys.orig_argv[-words:] = sys.argv
    tell(replies, "started", os.getpid())
    os.close(replies)


def _marked(mark: str) -> bool:
    """Write the mark of a run over that of this process, where the system shows it to others."""
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    place = library.getenv(MARK.encode())
    if place is None or len(os.environ[MARK]) != len(mark):
        return False
    ctypes.memmove(place, mark.encode(), len(mark))
    os.environ[MARK] = mark
    return f"{MARK}={mark}".encode() in (SELF / "environ").read_bytes().split(b"\0")
