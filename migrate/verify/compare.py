"""Comparing two recorded runs step by step: losses, gradients, updates, parameters, other state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from migrate.verify.measure import Distance, distance, magnitude
from migrate.verify.pairing import Names, TrackPair, counterpart
from migrate.verify.recorder.leafmap import Path
from migrate.verify.recorder.wire import Array, Record
from migrate.verify.recording import LossSite
from migrate.verify.report import PHASES, Phase

LOSS_ULPS = 16
LAST = 1000
GRADIENT_ULPS = 64
Tree = dict[Path, Array]


@dataclass(frozen=True)
class Difference:
    """One leaf of one step whose bits differ; `tolerated` if rounding alone can explain it.

    `turn` counts the optimizers that step before it within one step of the program.
    """

    step: int
    phase: Phase
    path: str
    distance: Distance
    tolerated: bool
    turn: int = LAST

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Steps first, then whose turn it is, then the phases; what is tolerated comes last."""
        return self.step, self.turn, PHASES.index(self.phase), int(self.tolerated)


def label(record: Record, index: int) -> int:
    """The step number to show: the case of the one-step problem, or the count from 1."""
    return int(record.header["segment"]) or index + 1


def compare_losses(before: LossSite, after: LossSite, per_step: float, steps: int) -> Iterator[Difference]:
    """Losses in order; `per_step` is how many of them one optimizer step computes."""
    for index, (one, other) in enumerate(zip(before.losses, after.losses, strict=False)):
        step = label(one, int(index / per_step))
        if index / per_step >= steps:
            return
        left, right = one.group("loss")[()], other.group("loss")[()]
        found = distance(left, right)
        if not found.same_bits:
            tolerated = within(found, LOSS_ULPS * step, one, "loss")
            yield Difference(step, "forward", before.name, found, tolerated)


def within(found: Distance, ulps: float, record: Record, group: str) -> bool:
    """Whether a distance stays within so many units in the last place at the scale of its tree."""
    return found.max_rel <= ulps * epsilon(record, group)


def epsilon(record: Record, group: str) -> float:
    """Spacing of the numbers of a tree next to 1, by the coarsest float type in it."""
    names = {leaf.dtype for leaf in record.leaves if leaf.group == group}
    known = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}
    return max((known.get(name, 0.0) for name in names), default=0.0)


def compare_tracks(pair: TrackPair, steps: int) -> Iterator[Difference]:
    """All steps of one optimizer; once gradients differ, updates no longer decide anything."""
    names = pair.names
    exact = True
    count = min(len(pair.before.updates), len(pair.after.updates), steps)
    for index in range(count):
        one, other = pair.before.updates[index], pair.after.updates[index]
        step = label(one, index)
        found = list(_compare(one, other, "grads", "backward", step, names, GRADIENT_ULPS * step))
        exact = exact and not found
        yield from found
        rest = [
            *_compare(one, other, "updates", "update", step, names, LOSS_ULPS),
            *_after_step(pair, index, step, names),
            *_fields(pair, index, step),
        ]
        for difference in rest:
            yield difference if exact else _tolerate_update(difference)


def _fields(pair: TrackPair, index: int, step: int) -> Iterator[Difference]:
    """What a state holds beside parameters: a field that its update kept may be replaced right after it."""
    one, other = pair.before.updates[index], pair.after.updates[index]
    kept = set(one.header.get("kept", ())) - set(other.header.get("kept", ()))
    yield from _compare_fields(one, other, step, pair.names, lambda path: path[0] not in kept)
    later = pair.before.updates[index + 1] if index + 1 < len(pair.before.updates) else None
    if later is not None and later.header["segment"] == one.header["segment"]:
        still = kept & set(later.header.get("kept", ()))
        yield from _compare_fields(later, other, step, pair.names, lambda path: path[0] in still)


def _compare_fields(
    one: Record, other: Record, step: int, names: Names, wanted: Callable[[Path], bool]
) -> Iterator[Difference]:
    ulps = GRADIENT_ULPS * step
    yield from _compare(one, other, "fields", "state", step, names, ulps, own_scale=True, wanted=wanted)


def _tolerate_update(found: Difference) -> Difference:
    if found.phase != "update":
        return found
    return Difference(found.step, found.phase, found.path, found.distance, True)


def _after_step(pair: TrackPair, index: int, step: int, names: Names) -> Iterator[Difference]:
    """What a step left behind, as the next one finds it."""
    if index + 1 >= min(len(pair.before.updates), len(pair.after.updates)):
        return
    one, other = pair.before.updates[index + 1], pair.after.updates[index + 1]
    for group in ("params", "opt_state", "step"):
        yield from _compare(one, other, group, "update", step, names, LOSS_ULPS)


def _compare(
    one: Record,
    other: Record,
    group: str,
    phase: Phase,
    step: int,
    names: Names,
    ulps: float,
    own_scale: bool = False,
    wanted: Callable[[Path], bool] = bool,
) -> Iterator[Difference]:
    """One tree of one step, leaf by leaf; leaves without a partner are left to the leaf map."""
    before = {path: array for path, array in one.group(group).items() if not path or wanted(path)}
    after = other.group(group)
    scale = None if own_scale else magnitude(a for a in before.values() if a.dtype.kind == "f")
    for path, array in before.items():
        partner = counterpart(path, array, after, names)
        if partner is None:
            continue
        if array.dtype.kind in "iu":
            partner = partner.astype(array.dtype) if partner.dtype.kind in "iu" else partner
        found = distance(array, partner, scale if array.dtype.kind == "f" else None)
        if not found.same_bits:
            tolerated = array.dtype.kind == "f" and within(found, ulps, one, group)
            yield Difference(step, phase, shown(group, path), found, tolerated)


def shown(group: str, path: Path) -> str:
    """A leaf's name in reports; parameters and gradients go by their path alone."""
    parts = path if group in ("grads", "params", "updates", "fields") else (group, *path)
    return "/".join(parts)


def moved(first: Tree, last: Tree) -> bool:
    """Whether any leaf changed."""
    return any(first[path].tobytes() != last[path].tobytes() for path in first if path in last)


def mean_loss(record: Record) -> float:
    """One number for a loss event: the mean over lanes."""
    return float(np.mean(record.group("loss")[()].astype(np.float64)))
