"""The resume check: saved and restored in the middle, the after program must go on unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

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
        note = "the resume check found no point between steps at which the program holds NNX objects"
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
    notes = tuple(note for event in again.of("resume")[:1] for note in _notes(event.header, middle))
    return replace(report, notes=(*report.notes, *notes))


def _notes(header: Mapping[str, Any], middle: int) -> Iterator[str]:
    """What was done, and what a checkpoint would not bring back although these steps did not need it."""
    count = header["anew"]
    objects = f"{count} object{'s' if count != 1 else ''}"
    yield f"saved at step {middle} and restored into {objects} built anew, it goes on with the same bits"
    if header["plain"]:
        yield "attributes that are no Variables change while training, and a checkpoint does not keep them"
    if header["lost"]:
        yield f"newly built objects have no place for {', '.join(header['lost'][:3])}"
