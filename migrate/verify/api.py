"""verify: run two programs under the recorder and judge whether they compute the same numbers."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from migrate.verify import judge
from migrate.verify.coverage import demand_coverage
from migrate.verify.diagnose import diagnose
from migrate.verify.errors import VerifyError
from migrate.verify.exact import judge_arrays, wants_arrays
from migrate.verify.forward import look_forward
from migrate.verify.isolate import write_references
from migrate.verify.layers import LayerPair
from migrate.verify.leftovers import orderly_end
from migrate.verify.outcome import Problem
from migrate.verify.pace import step_times
from migrate.verify.pairing import pair_tracks
from migrate.verify.quote import quoted
from migrate.verify.recording import Recording
from migrate.verify.refine import refine
from migrate.verify.report import Divergence, Report, renamed
from migrate.verify.report_html import render_html
from migrate.verify.request import Request, as_given, check, command
from migrate.verify.resume import check_resume
from migrate.verify.runner import Runner
from migrate.verify.server import serving
from migrate.verify.takeover import start_from_middle
from migrate.verify.twins import settle

__all__ = ["Report", "Request", "VerifyError", "verify"]


def verify(request: Request, keep: Path | None = None) -> Report:
    """Compare two programs over `request.steps` optimizer steps.

    With `keep`, an existing directory, the runs of the before program are kept there and used
    again by the next call with the same request, so that many after programs cost one run each.

    Raises VerifyError where the request or the set-up is at fault; everything that the
    programs do, crashes included, is in the report.
    """
    after = check(request)
    quiet = np.errstate(all="ignore")
    with orderly_end(), quiet, serving(), tempfile.TemporaryDirectory(prefix="linen2nnx-") as name:
        runner = Runner(replace(request, after=after), Path(name), keep or Path(name))
        report = replace(_compare(runner, after), shows_map=request.show_map, command=command(request))
    report = renamed(quoted(report), (*request.shown, *as_given(request)))
    if request.html is not None:
        _write_page(request.html, report)
    return report


def _write_page(path: Path, report: Report) -> None:
    try:
        path.write_text(render_html(report), encoding="utf-8")
    except OSError as error:
        raise VerifyError(f"{path}: the page cannot be written ({error.strerror})") from error


def _compare(runner: Runner, after: Path) -> Report:
    request = runner.request
    runner = replace(runner, exact=request.from_step > 0)
    old, trouble = runner.run(request.before, "before")
    blank = Report(str(request.before), str(after), "inconclusive", "none", 0, "")
    if trouble is not None:
        return replace(blank, message=trouble.message, traceback=trouble.traceback)
    new, trouble = runner.run(after, "after", transplant="before")
    pairs = pair_tracks(old, new, request.given)
    if trouble is not None:
        report = _after_failed(blank, trouble, old, new)
    else:
        if request.from_step:
            stopped, runner, new = start_from_middle(blank, runner, old, new, pairs)
            if stopped is not None:
                return stopped
        report, runner, old, new = _judged(blank, runner, old, new)
        pairs = pair_tracks(old, new, request.given)
        report = check_resume(report, runner, new) if request.resume else report
        report = _surveyed(report, runner, after, new)
    watch = functools.partial(_watch, runner, after)
    isolate = functools.partial(_isolate, runner, after) if request.layers else None
    return diagnose(report, old, new, pairs, watch, isolate)


def _judged(
    blank: Report, runner: Runner, old: Recording, new: Recording
) -> tuple[Report, Runner, Recording, Recording]:
    """The verdict on two whole runs, and the runs on which it rests in the end."""
    request = runner.request
    pairs = pair_tracks(old, new, request.given)
    report = judge.judge(blank, old, new, request.last_step, pairs, request.from_step)
    if wants_arrays(report, old, new) and request.after is not None:
        runner = replace(runner, exact=True)
        report, old, new = judge_arrays(blank, runner, request.after)
        pairs = pair_tracks(old, new, request.given)
    report = refine(report, runner, old, new, pairs)
    report, runner, new, pairs = settle(report, blank, runner, old, new, pairs)
    return demand_coverage(report, old, new, pairs), runner, old, new


def _surveyed(report: Report, runner: Runner, after: Path, new: Recording) -> Report:
    """What is good to know of a program that passed, and decides nothing."""
    if report.verdict != "pass" or runner.request.verdict_only:
        return report
    forward = look_forward(runner, after, new)
    return replace(report, forward=forward, step_time=step_times(runner, after))


def _watch(runner: Runner, after: Path, step: int) -> tuple[Recording, Recording] | None:
    """Both programs once more, with the inputs and outputs of every module."""
    old, trouble = runner.run(runner.request.before, f"before-{step}", layers=True, steps=step)
    if trouble is not None:
        return None
    new, trouble = runner.run(after, "after-layers", transplant=f"before-{step}", layers=True, steps=step)
    return None if trouble is not None else (old, new)


def _isolate(runner: Runner, after: Path, step: int, layers: list[LayerPair]) -> Recording | None:
    """The after program once more, each layer given what its partner was given."""
    references = runner.scratch / "references.events"
    write_references(layers, references)
    name = f"before-{step}"
    alone, trouble = runner.run(after, "after-alone", name, layers=True, steps=step, references=references)
    return alone if trouble is None else None


def _after_failed(blank: Report, trouble: Problem, old: Recording, new: Recording) -> Report:
    """The before program trained and the after program did not: a failure, unless time ran out."""
    report = replace(judge.evidence(blank, old, new), message=trouble.message)
    if trouble.unfinished:
        return report
    report = replace(report, verdict="fail")
    if trouble.silent:
        return replace(report, first_divergence=Divergence(1, "update", ""))
    return replace(report, traceback=trouble.traceback)
