"""What the before program keeps from step to step, and whether the after program shows something for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migrate.verify.observe import matched_results
from migrate.verify.pairing import TrackPair, parameter_of, partner_path
from migrate.verify.recorder.leafmap import Path
from migrate.verify.recording import Recording
from migrate.verify.report import Report

STATISTICS = "batch_stats"


def demand_coverage(report: Report, old: Recording, new: Recording, pairs: list[TrackPair]) -> Report:
    """Take back a pass that left out optimizer state, statistics or averages of the before program.

    Optimizer state is seen whenever there is any; the rest may live where the recorder does not look.
    """
    if report.verdict != "pass":
        return report
    lost = list(_without_partner(pairs))
    if lost:
        message = f"{report.after}: nothing takes the place of {some(lost)}; every leaf needs a partner"
        return replace(report, verdict="fail", grade="none", message=message)
    unseen = list(_unseen(old, new, pairs))
    decisive = ["/".join(path) for path, matters in unseen if matters]
    if decisive:
        message = (
            f"{report.after}: the before program keeps {some(decisive)} in its train state, and nothing like "
            "it was seen here; return it from the compiled step, or give it to it as an NNX object"
        )
        return replace(report, verdict="inconclusive", grade="none", message=message)
    if unseen:
        names = some(["/".join(path) for path, _ in unseen])
        return replace(report, notes=(*report.notes, f"kept by the before program and not compared: {names}"))
    return report


def _without_partner(pairs: list[TrackPair]) -> Iterator[str]:
    """Leaves of the optimizers' state that the after program does not have."""
    for pair in pairs:
        after = pair.after.updates[0].signature("opt_state")
        for path in pair.before.updates[0].signature("opt_state"):
            if partner_path(path, after, pair.names) is None:
                yield "/".join(("opt_state", *path))


def _unseen(old: Recording, new: Recording, pairs: list[TrackPair]) -> Iterator[tuple[Path, bool]]:
    """What a train state keeps, compared nowhere; and whether it is a statistic or like the parameters."""
    names = {path: leaf for pair in pairs for path, leaf in pair.names.items()}
    matched = [ours[1] for _, found in matched_results(old, new, names) for ours, _ in found]
    for pair in pairs:
        fields = pair.after.updates[0].signature("fields")
        for path in pair.before.updates[0].signature("fields"):
            if partner_path(path, fields, pair.names) is None and not _ends_any(matched, path):
                yield path, path[0] == STATISTICS or parameter_of(path, pair.names) is not None


def _ends_any(paths: list[Path], ending: Path) -> bool:
    return any(path[-len(ending) :] == ending for path in paths)


def some(names: list[str], limit: int = 2) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
