"""From two recordings to a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from migrate.verify.compare import (
    LAST,
    Difference,
    compare_losses,
    compare_tracks,
    mean_loss,
)
from migrate.verify.liveness import alive, lost_updates
from migrate.verify.measure import distance
from migrate.verify.noise import is_noise
from migrate.verify.observe import compare_calls, compare_returns
from migrate.verify.pairing import TrackPair, pair_losses
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import LossSite, Recording
from migrate.verify.report import Alive, Divergence, Error, Grade, Losses, MapEntry, Phase, Report

DRIFT = 1e-3
ERRORS = 5000


def evidence(report: Report, old: Recording, new: Recording) -> Report:
    """What the runs show whatever the verdict: losses, signs of life, versions."""
    start = new.of("start") or old.of("start")
    return replace(
        report,
        losses=Losses(_losses(old), _losses(new)),
        liveness={"before": alive(old), "after": alive(new)},
        environment=dict(start[0].header["versions"]),
    )


def _losses(run: Recording) -> tuple[float, ...]:
    """The losses of the first gradient of each segment."""
    first: dict[int, tuple[Record, ...]] = {}
    for site in run.loss_sites:
        first.setdefault(site.segment, site.losses)
    return tuple(mean_loss(record) for losses in first.values() for record in losses)


def judge(
    blank: Report, old: Recording, new: Recording, steps: int, pairs: list[TrackPair], start: int = 0
) -> Report:
    """Compare two runs that both trained; what lies in the first `start` steps does not count."""
    report = evidence(blank, old, new)
    report = replace(report, steps=_compared(old, pairs, steps) - start, leaf_map=_leaf_map(pairs))
    looks = (_never_built, _unmapped, _other_types, partial(_not_trained, steps=steps))
    for look in looks:
        found = look(report, old, new, pairs)
        if found is not None:
            return found
    later = (found for found in differences(old, new, pairs, steps) if found.step > start)
    found_all = sorted(later, key=lambda found: found.rank)
    return _ladder(report, found_all, old)


def _compared(old: Recording, pairs: list[TrackPair], steps: int) -> int:
    if old.of("case"):
        return len(old.of("case"))
    return max((min(len(p.before.updates), len(p.after.updates), steps) for p in pairs), default=0)


def _leaf_map(pairs: list[TrackPair]) -> tuple[MapEntry, ...]:
    entries = [
        MapEntry("/".join(leaf.before), "/".join(leaf.after), leaf.how)
        for pair in pairs
        for leaf in pair.leaves.pairs
    ]
    return tuple(dict.fromkeys(entries))


def _never_built(report: Report, old: Recording, new: Recording, pairs: list[TrackPair]) -> Report | None:
    if not new.of("construct"):
        message = f"{report.after}: never built an nnx.Module, so it is not the NNX version"
        return replace(report, verdict="fail", message=message)
    return None


def _unmapped(report: Report, old: Recording, new: Recording, pairs: list[TrackPair]) -> Report | None:
    """Parameter trees that cannot be paired leaf by leaf."""
    for pair in pairs:
        if not pair.leaves.complete:
            return replace(report, verdict="fail", message=_tree_message(report, pair))
    if len(pairs) < len({(t.segment, t.optimizer) for t in old.tracks}):
        message = f"{report.after}: steps {len(new.tracks)} optimizers, the before program {len(old.tracks)}"
        return replace(report, verdict="fail", message=message)
    return None


def _other_types(report: Report, old: Recording, new: Recording, pairs: list[TrackPair]) -> Report | None:
    """Parameters that are computed in another number type."""
    one, other = bool(old.end.get("x64")), bool(new.end.get("x64"))
    if one != other:
        message = f"{report.after}: runs with jax_enable_x64={other} where the before program has {one}"
        return replace(report, verdict="fail", message=message)
    for pair in pairs:
        before = pair.before.updates[0].signature("params")
        after = pair.after.updates[0].signature("params")
        for leaf in pair.leaves.pairs:
            mine, its = before.get(leaf.before), after.get(leaf.after)
            if mine is not None and its is not None and mine[1] != its[1]:
                message = f"{report.after}: {'/'.join(leaf.after)} is {its[1]} where it was {mine[1]}"
                return replace(report, verdict="fail", message=message)
    return None


def _tree_message(report: Report, pair: TrackPair) -> str:
    before = pair.before.updates[0].signature("grads")
    after = pair.after.updates[0].signature("grads")
    sides = (
        ("only before", [f"{'/'.join(p)} {before[p][0]}" for p in pair.leaves.only_before]),
        ("only after", [f"{'/'.join(p)} {after[p][0]}" for p in pair.leaves.only_after]),
    )
    listed = "; ".join(f"{side}: {_some(leaves)}" for side, leaves in sides if leaves)
    return f"{report.after}: the parameter trees differ ({listed}); make every leaf match"


def _some(leaves: list[str], limit: int = 4) -> str:
    more = f" and {len(leaves) - limit} more" if len(leaves) > limit else ""
    return ", ".join(leaves[:limit]) + more


def _not_trained(
    report: Report, old: Recording, new: Recording, pairs: list[TrackPair], steps: int
) -> Report | None:
    """Updates that were computed and never arrived, and loops that stopped updating."""
    for pair in pairs:
        lost = next(lost_updates(pair), None)
        if lost is not None:
            message = (
                f"{report.after}: step {lost.step} computed an update that never reached the model; a plain "
                "jax.jit around an in-place update does this (use nnx.jit, or return the model and rebind it)"
            )
            return replace(report, verdict="fail", first_divergence=lost, message=message)
    for pair in pairs:
        taken, wanted = len(pair.after.updates), len(pair.before.updates)
        longer = taken > wanted and wanted <= steps and old.end["reason"] != "steps"
        if longer or taken < min(wanted, steps):
            message = f"{report.after}: took {taken} optimizer steps where the before program took {wanted}"
            return replace(
                report,
                verdict="fail",
                first_divergence=Divergence(min(taken, wanted) + 1, "update", ""),
                message=message,
            )
    return _case_trouble(report, old, new)


def _case_trouble(report: Report, old: Recording, new: Recording) -> Report | None:
    """The one-step problem: the loss of every case has to go down in both programs."""
    for side, run in ((report.after, new), (report.before, old)):
        for number, case in enumerate(run.of("case"), start=1):
            first, last = (float(value) for value in case.group("returned")[()].reshape(-1)[[0, -1]])
            if not last < first:
                return _not_decreasing(report, side, number, case.header["case"], first, last)
    return None


def _not_decreasing(
    report: Report, side: str, number: int, case: dict[str, object], first: float, last: float
) -> Report:
    detail = "stays at" if first == last else "goes up from"
    values = f"{first:.8g}" if first == last else f"{first:.8g} to {last:.8g}"
    message = f"{side}: the loss {detail} {values} in case {number} {case}: the update had no good effect"
    if side != report.after:
        return replace(report, message=message)
    lost = Divergence(number, "update", "returned[1]", abs(last - first))
    return replace(report, verdict="fail", first_divergence=lost, message=message)


def differences(old: Recording, new: Recording, pairs: list[TrackPair], steps: int) -> Iterator[Difference]:
    updates = max((len(track.updates) for track in old.tracks), default=1)
    for before, after in pair_losses(old.loss_sites, new.loss_sites):
        turn = _turn(old, before)
        for found in compare_losses(before, after, max(1.0, len(before.losses) / updates), steps):
            yield replace(found, turn=turn)
    for turn, pair in enumerate(pairs):
        for found in compare_tracks(pair, steps):
            yield replace(found, turn=LAST if found.phase == "state" else turn)
    yield from compare_calls(old, new)
    names = {k: v for pair in pairs for k, v in pair.names.items()}
    yield from compare_returns(old, new, names, lambda path, step: is_noise(pairs, path, step))
    for number, (one, other) in enumerate(zip(old.of("case"), new.of("case"), strict=False), start=1):
        yield from _case_difference(number, one, other)


def _turn(run: Recording, site: LossSite) -> int:
    """How many optimizers had stepped when a loss was first computed, as far as that says anything."""
    tracks = [track for track in run.tracks if track.segment == site.segment]
    first = site.losses[0].header["time"]
    earlier = [track for track in tracks if track.updates[0].header["time"] < first]
    return min(len(earlier), max(len(tracks) - 1, 0))


def _case_difference(number: int, one: Record, other: Record) -> Iterator[Difference]:
    left, right = one.group("returned")[()].reshape(-1), other.group("returned")[()].reshape(-1)
    for index, (before, after) in enumerate(zip(left, right, strict=False)):
        found = distance(np.asarray(before), np.asarray(after))
        if not found.same_bits:
            phase: Phase = "forward" if index == 0 else "update"
            tolerated = found.max_rel <= 16 * 2.0**-23
            yield Difference(number, phase, f"returned[{index}]", found, tolerated)


def _ladder(report: Report, found_all: list[Difference], old: Recording) -> Report:
    """Identical bits, then differences that rounding explains, then failure."""
    if not found_all:
        return _passed(report, "bitwise", f"identical bits over {_count(report, old)}")
    serious = [found for found in found_all if not found.tolerated]
    worst = next(iter(serious), None)
    report = replace(
        report,
        errors=tuple(_error(found) for found in found_all[:ERRORS]),
        first_divergence=_divergence(worst or found_all[0]),
        inexact=_divergence(found_all[0]),
        drifts=all(d.phase in ("forward", "backward") and d.distance.max_rel < DRIFT for d in serious),
    )
    if worst is None:
        return _passed(report, "ulp", f"equal up to rounding over {_count(report, old)}")
    place = f"step {worst.step}, phase {worst.phase}, {worst.path}"
    sizes = f"max abs {worst.distance.max_abs:.3g}, max rel {worst.distance.max_rel:.3g}"
    return replace(report, verdict="fail", message=f"{report.after}: differs first in {place} ({sizes})")


def _error(found: Difference) -> Error:
    return Error(found.step, found.phase, found.path, found.distance.max_abs, found.distance.max_rel)


def _divergence(found: Difference) -> Divergence:
    return Divergence(found.step, found.phase, found.path, found.distance.max_abs, found.distance.max_rel)


def _count(report: Report, old: Recording) -> str:
    noun = "case" if old.of("case") else "step"
    return f"{report.steps} {noun}{'s' if report.steps != 1 else ''}"


def _passed(report: Report, grade: Grade, message: str) -> Report:
    after = report.liveness["after"]
    if report.losses.before and all(math.isnan(loss) for loss in report.losses.before):
        doubt = "every loss is NaN in both programs, so nothing is shown; mend the training first"
        return replace(report, message=f"{report.before}: {doubt}")
    if not _shown_alive(after):
        doubt = "the run is too short to show that the parameters move; give it at least two steps"
        return replace(report, message=f"{report.after}: {doubt}")
    return replace(report, verdict="pass", grade=grade, message=message)


def _shown_alive(after: Alive) -> bool:
    return bool(after.parameters_moved)
