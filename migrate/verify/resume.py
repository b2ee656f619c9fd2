"""The resume check: saved and restored in the middle, the after program must go on unchanged."""

from __future__ import annotations

from dataclasses import replace

from migrate.verify.judge import differences
from migrate.verify.pairing import pair_tracks
from migrate.verify.recording import Recording
from migrate.verify.report import Divergence, Report
from migrate.verify.runner import Runner


def check_resume(report: Report, runner: Runner, new: Recording) -> Report:
    """Run the after program once more with a save and a restore after half of the steps."""
    after, middle = runner.request.after, report.steps // 2
    if report.verdict != "pass" or after is None or new.of("case"):
        return report
    if middle < 1:
        return replace(report, notes=(*report.notes, "too few steps for the resume check"))
    again, trouble = runner.run(after, "after-resume", transplant="before", resume=middle)
    if trouble is not None:
        return replace(report, verdict="fail", grade="none", message=f"after a restore: {trouble.message}")
    if not again.of("resume"):
        note = "the resume check found no compiled function that is given or returns NNX objects"
        return replace(report, notes=(*report.notes, note))
    return _judged(report, new, again, middle)


def _judged(report: Report, new: Recording, again: Recording, middle: int) -> Report:
    found = sorted(differences(new, again, pair_tracks(new, again, {}), report.steps), key=lambda d: d.rank)
    if found:
        worst = found[0]
        place = Divergence(
            worst.step, worst.phase, worst.path, worst.distance.max_abs, worst.distance.max_rel
        )
        message = (
            f"{report.after}: after a restore at step {middle}, step {worst.step} differs in {worst.path}"
        )
        return replace(report, verdict="fail", grade="none", first_divergence=place, message=message)
    if any(event.header["plain"] for event in again.of("resume")):
        note = "attributes that are no Variables change while training, and a checkpoint does not keep them"
        return replace(report, notes=(*report.notes, note))
    note = f"saved and restored at step {middle}, the after program goes on with the same bits"
    return replace(report, notes=(*report.notes, note))
