"""The second look: where digests of large arrays differ, both programs run again with all of them kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrate.verify import judge
from migrate.verify.pairing import pair_tracks
from migrate.verify.recording import Recording
from migrate.verify.report import Report
from migrate.verify.runner import Runner


def wants_arrays(report: Report, old: Recording, new: Recording) -> bool:
    """Whether there is a difference to measure, and something of which only digests are known."""
    return (report.verdict == "fail" or report.inexact is not None) and (old.digested or new.digested)


def judge_arrays(blank: Report, runner: Runner, after: Path) -> tuple[Report, Recording, Recording]:
    """Run and judge both programs again, over as many steps as the room for arrays holds."""
    request = runner.request
    old, trouble = runner.run(request.before, "before")
    new, failed = runner.run(after, "after", transplant="before")
    if trouble or failed:
        message = f"{request.before}: ended otherwise when it was run again; fix its seeds"
        return replace(blank, message=message), old, new
    whole, (old, new) = (old, new), (old.exact_part(), new.exact_part())
    pairs = pair_tracks(old, new, request.given)
    steps = min((len(track.updates) for run in (old, new) for track in run.tracks), default=0)
    if not pairs:
        message = f"{after}: differs, and the arrays of one step are too large to be kept and measured"
        return replace(blank, message=message), *whole
    report = judge.judge(blank, old, new, min(steps, request.last_step), pairs, request.from_step)
    if steps < request.last_step and (whole[0].digested or whole[1].digested):
        note = f"differences were measured over {steps} steps, as the arrays of more take too much room"
        report = replace(report, notes=(*report.notes, note))
    return report, old, new
