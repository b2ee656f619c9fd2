"""Signs of life: a program that trains nothing must never pass."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from migrate.verify.compare import label, moved
from migrate.verify.measure import EQUAL, distance, magnitude
from migrate.verify.pairing import TrackPair, counterpart
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import Recording, Track
from migrate.verify.report import Alive, Divergence


def alive(run: Recording) -> Alive:
    """What one run shows of its own training."""
    moves = [m for m in (_moved(track) for track in run.tracks) if m is not None]
    counters = [c for c in (_advanced(track) for track in run.tracks) if c is not None]
    returned = [case.group("returned")[()] for case in run.of("case")]
    if returned:
        moves = [bool(np.any(values[:1] != values[-1:])) for values in returned]
    return Alive(
        updates=sum(len(track.updates) for track in run.tracks),
        parameters_moved=all(moves) if moves else None,
        step_advanced=all(counters) if counters else None,
        models_built=len(run.of("construct")),
    )


def _moved(track: Track) -> bool | None:
    first, last = track.updates[0].group("params"), track.updates[-1].group("params")
    if len(track.updates) < 2 or not first:
        return None
    return moved(first, last)


def _advanced(track: Track) -> bool | None:
    counts = [counter(update) for update in track.updates]
    if len(counts) < 2 or counts[0] is None:
        return None
    return any(one != other for one, other in pairwise(counts))


def counter(update: Record) -> int | None:
    """The step counter as the train state or optimizer held it, None outside of both."""
    values = [int(np.max(array)) for array in update.group("step").values()]
    return values[0] if values else None


def lost_updates(pair: TrackPair) -> Iterator[Divergence]:
    """Steps after which the after program's parameters stayed, though the before program's moved."""
    for index in range(min(len(pair.before.updates), len(pair.after.updates)) - 1):
        if _kept(pair.after, index) and not _kept(pair.before, index):
            gap = _gap(pair, index)
            yield Divergence(label(pair.before.updates[index], index), "update", *gap)


def _kept(track: Track, index: int) -> bool:
    """Whether a step computed a nonzero update and the next step still found the old parameters."""
    update, following = track.updates[index], track.updates[index + 1]
    before, after = update.group("params"), following.group("params")
    wanted = magnitude(update.group("updates").values()) > 0
    return bool(before) and wanted and not moved(before, after)


def _gap(pair: TrackPair, index: int) -> tuple[str, float, float]:
    """The leaf that should have moved most, and by how much it differs now."""
    left = pair.before.updates[index + 1].group("params")
    right = pair.after.updates[index + 1].group("params")
    scale = magnitude(left.values())
    partners = {path: counterpart(path, array, right, pair.names) for path, array in left.items()}
    gaps = [
        (distance(left[path], partner, scale), "/".join(path))
        for path, partner in partners.items()
        if partner is not None
    ]
    worst, path = max(gaps, key=lambda gap: gap[0].max_abs, default=(EQUAL, ""))
    return path, worst.max_abs, worst.max_rel
