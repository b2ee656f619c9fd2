"""Runs that cannot be compared: each way of ending gets its own sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrate.verify.child import Exit
from migrate.verify.errors import VerifyError
from migrate.verify.recording import Recording


@dataclass(frozen=True)
class Problem:
    """Why a run is of no use; `traceback` is the program's own, where it has one.

    With `silent` the program ended in order and showed nothing; with `unfinished` it had no time to.
    """

    message: str
    traceback: str = ""
    silent: bool = False
    unfinished: bool = False


def problem(program: Path, run: Recording, ended: Exit, timeout: float) -> Problem | None:
    """What is wrong with a run, or None if it can be compared."""
    steps = max((len(track.updates) for track in run.tracks), default=0)
    reason = run.end["reason"]
    if not run.started and not ended.timed_out:
        raise VerifyError(_not_started(program, ended))
    if ended.timed_out:
        done = f"{steps} optimizer step{'s' if steps != 1 else ''}"
        message = f"{program}: still running after {timeout:g} s, with {done} done; raise --timeout"
        return Problem(message, unfinished=True)
    if reason == "crash":
        return _crash(program, run, steps)
    if reason == "killed":
        return Problem(f"{program}: its process died with exit code {ended.code}", ended.stderr)
    if steps == 0:
        return _no_step(program, run, ended)
    return None


def _not_started(program: Path, ended: Exit) -> str:
    lines = ended.stderr.strip().splitlines()
    reason = lines[-1] if lines else f"exit code {ended.code}"
    return (
        f"{program}: the interpreter cannot load the recorder ({reason}); "
        "give --python one that has jax, flax and optax"
    )


def _crash(program: Path, run: Recording, steps: int) -> Problem:
    error, text = run.end.get("error"), str(run.end.get("traceback", ""))
    if error == "EOFError" and "input" in text:
        return Problem(f"{program}: reads standard input, which is empty under verify", text)
    return Problem(f"{program}: crashed with {error} in step {steps + 1}", text)


def _no_step(program: Path, run: Recording, ended: Exit) -> Problem:
    code = run.end.get("code")
    if run.end["reason"] == "exit" and code not in (0, None):
        hint = "; give its arguments after --" if code == 2 else ""
        return Problem(f"{program}: exited with code {code} before its first step{hint}", ended.stderr)
    if run.of("loss"):
        count = len(run.of("loss"))
        message = f"{program}: computed {count} gradients but never took an optimizer step"
        return Problem(message, silent=True)
    return Problem(f"{program}: never took an optimizer step; give the program that trains", silent=True)
