"""Running one program under the recorder in a child process of the chosen interpreter."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrate.verify.errors import VerifyError
from migrate.verify.leftovers import MARK, end_marked
from migrate.verify.server import Forked, Gone, forked, start_of

ENTRY = Path(__file__).parent / "recorder" / "run.py"
TAIL = 4000
PAUSE = 0.25
Tell = Callable[[], None] | None
Ended = tuple[int, bool]
"""The exit code, and whether time ran out."""


@dataclass(frozen=True)
class Job:
    """One run: the program, where its events go, and whose initial values it starts from."""

    program: Path
    out: Path
    args: tuple[str, ...]
    steps: int
    transplant: Path | None
    python: str
    timeout: float
    cwd: Path | None = None
    leaf_map: Mapping[str, str] = field(default_factory=dict)
    layers: bool = False
    replay: int = 0
    resume: int = 0
    exact: bool = False
    networks: tuple[int, ...] = ()
    references: Path | None = None
    start: int = 0
    takeover: Path | None = None
    light: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False
    """Whether a process of its own is started, with its own seed of hashes."""


@dataclass(frozen=True)
class Exit:
    """How the child ended; `stderr` is the end of what it printed there."""

    code: int
    timed_out: bool
    stderr: str


def run(job: Job, tell: Tell = None) -> Exit:
    """Run to the end, the last wanted step or the time limit, and leave no process behind.

    `tell` is called a few times a second meanwhile.
    """
    config = job.out.with_suffix(".json")
    config.write_text(json.dumps(_settings(job)), encoding="utf-8")
    log, mark = job.out.with_suffix(".log"), uuid.uuid4().hex
    try:
        code, timed_out = _fork(job, config, log, mark, tell) or _start(job, config, log, mark, tell)
    except OSError as error:
        raise VerifyError(
            f"{job.python}: cannot be started ({error.strerror}); give --python a Python interpreter"
        ) from error
    finally:
        end_marked(mark)
    return Exit(code, timed_out, _tail(log))


def _fork(job: Job, config: Path, log: Path, mark: str, tell: Tell) -> Ended | None:
    """Run in a process forked from one that has imported the libraries; None where there is none."""
    if job.alone or job.environment:
        return None
    start = start_of((job.python, str(ENTRY)), job.cwd, os.environ)
    log.write_bytes(b"")
    try:
        with forked(start, job.timeout, config=str(config), log=str(log), mark=mark) as process:
            return None if process is None else _wait(process, job.timeout, tell)
    except Gone:
        end_marked(mark)
        return None


def _start(job: Job, config: Path, log: Path, mark: str, tell: Tell) -> Ended:
    """Run in a process of its own."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [job.python, str(ENTRY), str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=job.cwd,
            env={**os.environ, **job.environment, MARK: mark},
            start_new_session=True,
        )
    return _wait(process, job.timeout, tell)


def _settings(job: Job) -> dict[str, object]:
    return {
        "program": str(job.program.resolve()),
        "out": str(job.out),
        "args": list(job.args),
        "steps": job.steps,
        "leaf_map": dict(job.leaf_map),
        "layers": job.layers,
        "replay": job.replay,
        "resume": job.resume,
        "exact": job.exact,
        "networks": list(job.networks),
        "references": str(job.references) if job.references else None,
        "start": job.start,
        "takeover": str(job.takeover) if job.takeover else None,
        "light": job.light,
        "transplant": str(job.transplant) if job.transplant else None,
    }


def _wait(process: subprocess.Popen[bytes] | Forked, timeout: float, tell: Tell) -> Ended:
    """Wait for a process; afterwards end whatever is left of its group."""
    deadline, timed_out = time.monotonic() + timeout, True
    try:
        while timed_out and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(min(left, PAUSE) if tell else left)
                timed_out = False
            if tell and timed_out:
                tell()
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    return code, timed_out


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - TAIL))
        return stream.read().decode(errors="replace")


def interpreter(python: str | None) -> str:
    """The interpreter asked for, or the one that runs this."""
    return python or sys.executable
