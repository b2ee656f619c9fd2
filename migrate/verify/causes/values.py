"""Faults that show in the numbers: gradients, updates, optimizer state, statistics, keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from migrate.verify.causes.evidence import Evidence
from migrate.verify.causes.settings import parts
from migrate.verify.compare import Tree, mean_loss
from migrate.verify.liveness import lost_updates
from migrate.verify.measure import distance, magnitude
from migrate.verify.pairing import Names, TrackPair, counterpart
from migrate.verify.recorder.leafmap import Site, draw_site
from migrate.verify.recorder.wire import Array
from migrate.verify.report import Cause


def update_never_arrives(evidence: Evidence) -> Iterator[Cause]:
    if evidence.new.of("loss") and not evidence.new.tracks:
        yield Cause("update-skipped", "the gradients are computed and the optimizer is never called")
    elif _one_stopped(evidence):
        yield Cause("update-skipped", "one of the gradients is computed and its optimizer never called")
    if any(next(lost_updates(pair), None) for pair in evidence.pairs):
        yield Cause("plain-jit", "the update happens inside a compiled function that does not hand it out")


def _one_stopped(evidence: Evidence) -> bool:
    """Whether all losses are still computed and fewer optimizers step."""
    old, new = evidence.old, evidence.new
    return len(new.tracks) < len(old.tracks) and len(new.loss_sites) == len(old.loss_sites)


def update_twice(evidence: Evidence) -> Iterator[Cause]:
    for pair in evidence.pairs:
        if _repeats(pair.after.updates[0].group("grads"), pair, 1, "grads"):
            yield Cause("update-doubled", "the same gradients are applied twice in one step")


def _repeats(first: Tree, pair: TrackPair, index: int, group: str) -> bool:
    """Whether the after program's tree is the same in two steps while the before program's changes."""
    if min(len(pair.before.updates), len(pair.after.updates)) <= index:
        return False
    after, before = pair.after.updates[index].group(group), pair.before.updates[index].group(group)
    return _same(first, after) and not _same(pair.before.updates[index - 1].group(group), before)


def _same(one: Tree, other: Tree) -> bool:
    return bool(one) and all(
        path in other and distance(array, other[path]).same_bits for path, array in one.items()
    )


def fresh_optimizer(evidence: Evidence) -> Iterator[Cause]:
    for pair in evidence.pairs:
        if _repeats(pair.after.updates[0].group("opt_state"), pair, 1, "opt_state"):
            yield Cause("fresh-optimizer", "the optimizer state is new in every step, so nothing accumulates")


def gradient_scaled(evidence: Evidence) -> Iterator[Cause]:
    for pair in evidence.pairs:
        index = evidence.at(pair)
        ratio = _ratio(pair, index, "grads")
        if ratio is None or abs(ratio - 1) < 1e-4:
            continue
        losses = _loss_ratio(evidence, index)
        if losses is not None and abs(losses - ratio) < 1e-3 * abs(ratio):
            yield Cause("loss-scaled", f"the loss and its gradient are {ratio:.6g} times what they were")
        else:
            yield Cause("gradient-scaled", f"the gradients are {ratio:.6g} times what they were")


def _loss_ratio(evidence: Evidence, index: int) -> float | None:
    before, after = evidence.old.of("loss"), evidence.new.of("loss")
    if index >= min(len(before), len(after)):
        return None
    one, other = mean_loss(before[index]), mean_loss(after[index])
    return other / one if one else None


def _ratio(pair: TrackPair, index: int, group: str) -> float | None:
    """The factor between two trees, if there is one that holds for all leaves."""
    before, after = pair.before.updates[index].group(group), pair.after.updates[index].group(group)
    left, right = _flat(before, after, pair.names)
    scale = float(np.dot(left, left))
    if scale == 0:
        return None
    ratio = float(np.dot(left, right)) / scale
    off = np.abs(right - ratio * left).max() / (np.abs(right).max() or 1.0)
    return ratio if off < max(1e-5, 1e-2 * abs(ratio - 1)) else None


def _flat(before: Tree, after: Tree, names: Names) -> tuple[Array, Array]:
    """Both trees as vectors over the leaves that they share."""
    left, right = [np.zeros(0)], [np.zeros(0)]
    for path, array in before.items():
        partner = counterpart(path, array, after, names)
        if partner is not None and partner.shape == array.shape and array.dtype.kind == "f":
            left.append(array.astype(np.float64).ravel())
            right.append(partner.astype(np.float64).ravel())
    return np.concatenate(left), np.concatenate(right)


def gradient_stopped(evidence: Evidence) -> Iterator[Cause]:
    for pair in evidence.pairs:
        index = evidence.at(pair)
        before, after = pair.before.updates[index].group("grads"), pair.after.updates[index].group("grads")
        for path, array in before.items():
            partner = counterpart(path, array, after, pair.names)
            if partner is not None and magnitude([array]) > 0 and magnitude([partner]) == 0:
                yield Cause("gradient-stopped", f"no gradient reaches {'/'.join(path)} any more")
                break


def schedule_shifted(evidence: Evidence) -> Iterator[Cause]:
    """The factor of step t is the before program's factor of the step next to it."""
    for pair in evidence.pairs:
        count = min(len(pair.before.updates), len(pair.after.updates))
        rates = [_ratio(pair, index, "updates") for index in range(count)]
        known = [rate for rate in rates[:4] if rate is not None]
        before, after = (parts(track.updates[0].header["transform"]) for track in (pair.before, pair.after))
        same_parts = before == after
        if same_parts and known and abs(known[0] - 1) > 1e-4:
            message = f"the first update is {known[0]:.6g} times what it was: the schedule counts otherwise"
            yield Cause("schedule-shifted", message)


def stale_statistics(evidence: Evidence) -> Iterator[Cause]:
    for pair in evidence.pairs:
        count = min(len(pair.before.updates), len(pair.after.updates))
        for index in range(1, count):
            if _repeats(pair.after.updates[index - 1].group("fields"), pair, index, "fields"):
                yield Cause("stale-statistics", f"the batch statistics stand still after step {index}")
                break


def frozen_masks(evidence: Evidence) -> Iterator[Cause]:
    """A site that drew several keys before and draws a single one now."""
    keys: dict[Site, set[bytes]] = {}
    for event in evidence.old.of("key"):
        keys.setdefault(draw_site(event.header), set()).add(event.group("key")[()].tobytes())
    drawn: dict[Site, int] = {}
    for event in evidence.new.of("draw"):
        site = draw_site(event.header)
        drawn[site] = drawn.get(site, 0) + 1
    for site, count in drawn.items():
        if count == 1 and len(keys.get(site, ())) > 1:
            yield Cause("dropout-frozen", f"the random mask of {site[0]} is the same in every step")
    if keys and not drawn:
        yield Cause("dropout-missing", "no random mask is drawn in training")


def wrong_leaves(evidence: Evidence) -> Iterator[Cause]:
    """Leaves that the optimizer does not see, though the model has them, or that are gone."""
    constructed = evidence.new.of("construct")
    built = {tuple(entry[0]) for event in constructed for entry in event.header["table"]}
    built |= {tuple(entry[0]) for event in constructed for entry in event.header["pairs"]}
    for pair in evidence.pairs:
        for path in pair.leaves.only_before:
            if any(leaf[-len(path) :] == path for leaf in built):
                yield Cause("wrong-wrt", f"the optimizer leaves out {'/'.join(path)}, which the model has")
            else:
                yield Cause("leaf-missing", f"the model has no {'/'.join(path)}")
        for path in pair.leaves.only_after:
            yield Cause("leaf-new", f"the optimizer also updates {'/'.join(path)}")


def step_counter(evidence: Evidence) -> Iterator[Cause]:
    if evidence.divergence.path.startswith("step"):
        yield Cause("step-counter", "the step counter does not count as before")
