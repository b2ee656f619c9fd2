"""verify: run two programs under the recorder and judge whether they compute the same numbers."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from migrate.verify import child, judge
from migrate.verify.errors import VerifyError
from migrate.verify.outcome import Problem, problem
from migrate.verify.recording import Recording, load
from migrate.verify.report import Divergence, Report
from migrate.verify.request import Request, check

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
    old, trouble = _run(request, request.before, scratch / "before.events", None)
    blank = Report(str(request.before), str(after), "inconclusive", "none", 0, "")
    if trouble is not None:
        return replace(blank, message=trouble.message, traceback=trouble.traceback)
    new, trouble = _run(request, after, scratch / "after.events", scratch / "before.events")
    if trouble is not None:
        return _after_failed(blank, trouble, old, new)
    return judge.judge(blank, old, new, request.steps, request.given)


def _run(
    request: Request, program: Path, out: Path, transplant: Path | None
) -> tuple[Recording, Problem | None]:
    job = child.Job(
        program=program,
        out=out,
        args=request.args,
        steps=request.steps,
        transplant=transplant,
        python=child.interpreter(request.python),
        timeout=request.timeout,
        cwd=request.cwd,
        leaf_map={"/".join(k): "/".join(v) for k, v in request.given.items()},
    )
    ended = child.run(job)
    run = load(out)
    return run, problem(program, run, ended, request.timeout)


def _after_failed(blank: Report, trouble: Problem, old: Recording, new: Recording) -> Report:
    """The before program trained and the after program did not: that is a failure, not a doubt."""
    report = replace(judge.evidence(blank, old, new), verdict="fail", message=trouble.message)
    if trouble.silent:
        return replace(report, first_divergence=Divergence(1, "update", ""))
    return replace(report, traceback=trouble.traceback)
