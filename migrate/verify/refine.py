"""Where bits differ: is it rounding? The noise of the before program, and one step in float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from migrate.verify.causes.evidence import Evidence
from migrate.verify.half import judge_half, spacing
from migrate.verify.judge import differences
from migrate.verify.measure import magnitude
from migrate.verify.pairing import Names, TrackPair, counterpart, pair_tracks
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import Recording
from migrate.verify.report import Report
from migrate.verify.runner import Runner

EQUAL_IN_FLOAT64 = 2e-7
DRIFT = 1e-2


def refine(report: Report, runner: Runner, old: Recording, new: Recording, pairs: list[TrackPair]) -> Report:
    """Raise or lower a verdict that rests on differences of bits."""
    found = report.inexact
    if found is None:
        return report
    report = _noise(report, runner, old)
    if report.verdict == "inconclusive":
        return report
    if spacing(old):
        report, gap = _gap(report, runner, pairs, found.step)
        return judge_half(report, Evidence(old, new, tuple(pairs), found), gap)
    if found.phase not in ("forward", "backward") or found.max_rel is None or found.max_rel > DRIFT:
        return report
    report, gap = _gap(report, runner, pairs, found.step)
    return report if gap is None else _decided(report, gap, found.step)


def _noise(report: Report, runner: Runner, old: Recording) -> Report:
    """Run the before program once more, alone; what it does not repeat itself cannot be demanded."""
    again, trouble = runner.run(runner.request.before, "again", alone=True)
    if trouble is not None:
        return report
    same = pair_tracks(old, again, {})
    steps = runner.request.last_step
    worst = max((d.distance.max_rel for d in differences(old, again, same, steps)), default=0.0)
    report = replace(report, notes=(*report.notes, f"the before program repeats itself to {worst:.2g}"))
    limit = report.first_divergence.max_rel if report.first_divergence else None
    if report.verdict == "fail" and worst > 0 and limit is not None and limit <= 2 * worst:
        message = f"{report.before}: gives other numbers in every run (up to {worst:.2g}); fix its seeds"
        return replace(report, verdict="inconclusive", message=message)
    return report


def _gap(report: Report, runner: Runner, pairs: list[TrackPair], step: int) -> tuple[Report, float | None]:
    """Distance of one step evaluated in float64 on both sides, with a note; None where that fails."""
    old, trouble = runner.run(runner.request.before, f"float64-{step}", replay=step, steps=step)
    after = runner.request.after
    if trouble is not None or after is None:
        return report, None
    new, trouble = runner.run(after, "after-float64", f"float64-{step}", replay=step, steps=step)
    names = {path: leaf for pair in pairs for path, leaf in pair.names.items()}
    gaps = list(_gaps(old, new, names)) if trouble is None else []
    if not gaps:
        reasons = [
            str(e.header["error"]) for e in (*old.of("replay"), *new.of("replay")) if "error" in e.header
        ]
        why = f" ({reasons[0]})" if reasons else ""
        note = f"step {step} could not be replayed in float64{why}"
        return replace(report, notes=(*report.notes, note)), None
    note = f"step {step} replayed in float64: before and after differ by {max(gaps):.2g} of scale"
    return replace(report, notes=(*report.notes, note)), max(gaps)


def _gaps(old: Recording, new: Recording, names: Names) -> Iterator[float]:
    """Distances of the replayed losses and gradients, on the scale of each tree."""
    for one, other in zip(old.of("replay"), new.of("replay"), strict=False):
        if "error" in one.header or "error" in other.header:
            continue
        yield from _loss_gap(one, other)
        before, after = one.group("grads"), other.group("grads")
        scale = magnitude(before.values()) or 1.0
        for path, array in before.items():
            partner = counterpart(
                _bare(path), array, {_bare(key): value for key, value in after.items()}, names
            )
            if partner is not None and partner.shape == array.shape:
                yield float(np.abs(partner - array).max(initial=0.0)) / scale


def _loss_gap(one: Record, other: Record) -> Iterator[float]:
    left, right = one.group("loss")[()], other.group("loss")[()]
    yield float(np.abs(right - left).max()) / (float(np.abs(left).max()) or 1.0)


def _bare(path: tuple[str, ...]) -> tuple[str, ...]:
    """A gradient's path without the positions that wrappers put around it."""
    while path and (path[0].isdigit() or path[0] == "params"):
        path = path[1:]
    return path


def _decided(report: Report, gap: float, step: int) -> Report:
    if gap > EQUAL_IN_FLOAT64:
        message = (
            f"{report.after}: differs in step {step} by {gap:.2g} even in float64, so it is not rounding"
        )
        return replace(report, verdict="fail", grade="none", message=message)
    only_rounding = report.verdict == "fail" and report.drifts
    if only_rounding:
        message = f"equal in float64 over {report.steps} steps, with float32 rounding on top"
        return replace(report, verdict="pass", grade="fp64", message=message)
    return report
