"""Whole processes, timed in rounds so that every command meets the same conditions."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Command:
    """A process to time.

    It counts only if it ends with one of `codes` and prints `proof`, a regular expression that shows
    that it did its work on all files; otherwise a crash would pass for speed.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    proof: str
    codes: tuple[int, ...] = (0,)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """CPU seconds of one command by round, children included; the first round warms the caches.

    `problem` says why there are no more of them; `stopped` that the last one is only a lower bound.
    """

    name: str
    seconds: tuple[float, ...] = ()
    problem: str = ""
    stopped: bool = False

    @property
    def counted(self) -> tuple[float, ...]:
        """The rounds after the warm-up, or the warm-up where a slow command has nothing else."""
        return self.seconds[1:] or self.seconds


@dataclass(frozen=True)
class _Ended:
    code: int
    seconds: float
    output: str


def run_rounds(commands: Sequence[Command], rounds: int, limit: float) -> dict[str, Timing]:
    """Run every command once a round; it drops out when it fails or has used `limit` seconds."""
    timings = {command.name: Timing(command.name) for command in commands}
    for _ in range(rounds + 1):
        for command in commands:
            timing = timings[command.name]
            if not timing.problem and sum(timing.seconds) < limit:
                timings[command.name] = _extended(timing, command, limit)
    return timings


def _extended(timing: Timing, command: Command, limit: float) -> Timing:
    ended = _run(command, limit)
    seconds = (*timing.seconds, ended.seconds)
    if ended.code == -signal.SIGKILL:
        kept = timing.seconds or seconds
        return replace(timing, seconds=kept, problem=f"over {limit:g} s", stopped=not timing.seconds)
    if ended.code not in command.codes:
        last = (ended.output.strip().splitlines() or ["no output"])[-1]
        return replace(timing, seconds=(), problem=f"exit code {ended.code}: {last}")
    if not re.search(command.proof, ended.output):
        return replace(timing, seconds=(), problem=f"did not print `{command.proof}`")
    return replace(timing, seconds=seconds)


def _run(command: Command, limit: float) -> _Ended:
    """Run to the end, or kill the whole process group after `limit` seconds on the clock."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env={**os.environ, **command.env},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        alarm = threading.Timer(limit, _kill_group, [process.pid])
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return _Ended(process.returncode, usage.ru_utime + usage.ru_stime, text)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def ratio(ours: Timing, theirs: Timing) -> float:
    """The median over the rounds of our CPU time divided by theirs in the same round."""
    pairs = list(zip(ours.seconds, theirs.seconds, strict=False))
    return median(mine / other for mine, other in (pairs[1:] or pairs))
