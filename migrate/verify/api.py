"""verify: run two programs under the recorder and judge whether they compute the same numbers."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

from migrate.verify import judge
from migrate.verify.diagnose import diagnose
from migrate.verify.errors import VerifyError
from migrate.verify.outcome import Problem
from migrate.verify.pairing import pair_tracks
from migrate.verify.recording import Recording
from migrate.verify.report import Divergence, Report
from migrate.verify.request import Request, check
from migrate.verify.runner import Runner

__all__ = ["Report", "Request", "VerifyError", "verify"]


def verify(request: Request) -> Report:
    """Compare two programs over `request.steps` optimizer steps.

    Raises VerifyError where the request or the set-up is at fault; everything that the
    programs do, crashes included, is in the report.
    """
    after = check(request)
    _require_numpy()
    with tempfile.TemporaryDirectory(prefix="linen2nnx-") as name:
        return _compare(replace(request, after=after), after, Path(name))


def _require_numpy() -> None:
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        raise VerifyError("verify needs numpy; install linen2nnx[verify]") from error


def _compare(request: Request, after: Path, scratch: Path) -> Report:
    runner = Runner(request, scratch)
    old, trouble = runner.run(request.before, "before")
    blank = Report(str(request.before), str(after), "inconclusive", "none", 0, "")
    if trouble is not None:
        return replace(blank, message=trouble.message, traceback=trouble.traceback)
    new, trouble = runner.run(after, "after", transplant="before")
    pairs = pair_tracks(old, new, request.given)
    if trouble is not None:
        report = _after_failed(blank, trouble, old, new)
    else:
        report = judge.judge(blank, old, new, request.steps, pairs)
    watch = functools.partial(_watch, runner, after)
    return diagnose(report, old, new, pairs, watch, request.layers)


def _watch(runner: Runner, after: Path, step: int) -> tuple[Recording, Recording] | None:
    """Both programs once more, with the inputs and outputs of every module."""
    old, trouble = runner.run(runner.request.before, "before-layers", layers=True, steps=step)
    if trouble is not None:
        return None
    new, trouble = runner.run(after, "after-layers", transplant="before-layers", layers=True, steps=step)
    return None if trouble is not None else (old, new)


def _after_failed(blank: Report, trouble: Problem, old: Recording, new: Recording) -> Report:
    """The before program trained and the after program did not: that is a failure, not a doubt."""
    report = replace(judge.evidence(blank, old, new), verdict="fail", message=trouble.message)
    if trouble.silent:
        return replace(report, first_divergence=Divergence(1, "update", ""))
    return replace(report, traceback=trouble.traceback)
