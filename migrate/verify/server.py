"""Processes that have imported jax and flax once, and fork the runs that are to start alike.

Runs start alike that have the same interpreter, directory and environment. They are forked only where that is
as good as starting a process: on Linux, from a process without threads, open files and devices
(`recorder/serve.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from migrate.verify.leftovers import MARK, end_marked
from migrate.verify.recorder.channel import hear
from migrate.verify.recorder.run import SERVE

CHANGING = frozenset({MARK, "PYTEST_CURRENT_TEST"})
"""Variables that differ from run to run and that no library looks at when it is imported."""
KEPT = 2


class Gone(Exception):
    """A server ended while it was needed."""


@dataclass(frozen=True)
class Start:
    """What a process is started with, as far as it matters before it knows its run."""

    command: tuple[str, ...]
    cwd: str
    environment: frozenset[tuple[str, str]]


def start_of(command: tuple[str, ...], cwd: Path | None, environment: Mapping[str, str]) -> Start:
    """The start that a command asks for."""
    lasting = frozenset(item for item in environment.items() if item[0] not in CHANGING)
    return Start(command, os.path.realpath(cwd or Path.cwd()), lasting)


@dataclass(frozen=True)
class Server:
    """A process that forks."""

    process: subprocess.Popen[bytes]
    requests: int
    replies: int
    mark: str

    def close(self) -> None:
        """End it and whatever it has started and not yet marked."""
        for end in (self.requests, self.replies):
            os.close(end)
        self.process.kill()
        self.process.wait()
        end_marked(self.mark)


@dataclass
class Forked:
    """A run that a server has forked; it is waited for as a `subprocess.Popen` is."""

    pid: int
    server: Server
    returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises subprocess.TimeoutExpired if it takes longer."""
        if self.returncode is None:
            answer = hear(self.server.replies, timeout)
            if answer is None:
                raise subprocess.TimeoutExpired(self.server.process.args, timeout or 0.0)
            if answer[0] != "ended":
                raise Gone
            self.returncode = answer[1]
        return self.returncode


Servers = dict[Start, Server | None]
_SERVERS: ContextVar[Servers | None] = ContextVar("servers", default=None)


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """Within, runs that start alike are forked from one process, which ends in the end."""
    if _SERVERS.get() is not None:
        yield
        return
    servers: Servers = {}
    token = _SERVERS.set(servers)
    try:
        yield
    finally:
        _SERVERS.reset(token)
        for server in servers.values():
            if server is not None:
                server.close()


@contextlib.contextmanager
def forked(start: Start, timeout: float, **request: str) -> Iterator[Forked | None]:
    """A run forked for a request, or None where a process has to be started for it.

    Raises Gone where the server ends before the run does.
    """
    servers = _SERVERS.get()
    server = None if servers is None else servers.pop(start) if start in servers else _served(start, timeout)
    try:
        yield _fork(server, request) if server is not None else None
    except BaseException:
        if server is not None:
            server.close()
        raise
    if servers is not None:
        _keep(servers, start, server)


def _keep(servers: Servers, start: Start, server: Server | None) -> None:
    """Keep the servers that were used last; a start that cannot be served is kept in mind."""
    servers[start] = server
    living = [kept for kept in servers if servers[kept] is not None]
    for oldest in living[:-KEPT]:
        last = servers.pop(oldest)
        if last is not None:
            last.close()


def _served(start: Start, timeout: float) -> Server | None:
    """A new server, or None where there can be none."""
    if sys.platform != "linux":
        return None
    requests, replies = os.pipe(), os.pipe()
    mark = uuid.uuid4().hex
    theirs = requests[0], replies[1]
    try:
        process = subprocess.Popen(
            [*start.command, SERVE, *map(str, theirs), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=start.cwd,
            env={**dict(start.environment), MARK: mark},
            pass_fds=theirs,
            start_new_session=True,
        )
    except OSError:
        for end in (requests[1], replies[0]):
            os.close(end)
        return None
    finally:
        for end in theirs:
            os.close(end)
    server = Server(process, requests[1], replies[0], mark)
    try:
        ready = hear(server.replies, timeout)
    except BaseException:
        server.close()
        raise
    if ready is None or ready[0] != "ready":
        server.close()
        return None
    return server


def _fork(server: Server, request: Mapping[str, str]) -> Forked:
    variables = {name: os.environ.get(name) for name in CHANGING if name != MARK}
    message = json.dumps({**request, "variables": variables})
    try:
        os.write(server.requests, message.encode() + b"\n")
    except BrokenPipeError as error:
        raise Gone from error
    answer = hear(server.replies)
    if answer is None or answer[0] != "started":
        raise Gone
    return Forked(answer[1], server)
