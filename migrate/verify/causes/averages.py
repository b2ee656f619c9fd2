"""Faults of averages and target copies, seen in what compiled functions return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from migrate.verify.causes.evidence import Evidence
from migrate.verify.observe import Place, matched_results
from migrate.verify.recorder.wire import Array
from migrate.verify.report import Cause


def averages(evidence: Evidence) -> Iterator[Cause]:
    """What became of a tree that used to follow the parameters at a distance."""
    names = {path: leaf for pair in evidence.pairs for path, leaf in pair.names.items()}
    for calls, matched in matched_results(evidence.old, evidence.new, names):
        for ours, theirs in matched:
            if len(calls) > 1 and not {"params", "opt_state"} & set(ours[1]) and len(ours[1]) > 2:
                yield from _average(calls, dict(matched), ours, theirs)


Results = dict[Place, Array]


def _average(
    calls: list[tuple[Results, Results]], matched: Mapping[Place, Place], ours: Place, theirs: Place
) -> Iterator[Cause]:
    """Compare one leaf with the parameter of the same name over two calls."""
    (first, _), (second, changed) = calls[0], calls[1]
    parameter = next(
        (p for p in second if "params" in p[1] and p[1][-2:] == ours[1][-2:] and p != ours), None
    )
    if parameter is None or ours not in first or theirs not in changed or parameter not in first:
        return
    old, new = first[ours].astype(float), second[ours].astype(float)
    got = changed[theirs].astype(float)
    before_old = calls[0][1].get(theirs)
    decay = _decay(old, second[parameter].astype(float), new)
    if decay is None or before_old is None or np.array_equal(got, new):
        return
    partner = matched.get(parameter, parameter)
    weights = changed.get(partner, second[parameter]).astype(float)
    earlier = calls[0][1].get(partner, first[parameter]).astype(float)
    yield from _kind("/".join(ours[1]), decay, before_old.astype(float), earlier, weights, got)


def _kind(
    name: str, decay: float, start: Array, earlier: Array, weights: Array, got: Array
) -> Iterator[Cause]:
    """What turned `start` into `got`, given the parameter before (`earlier`) and after (`weights`)."""
    options = {
        "average-swapped": ("mixes old and new with swapped factors", (1 - decay) * start + decay * weights),
        "average-early": ("is taken before the update", decay * start + (1 - decay) * earlier),
        "average-frozen": ("does not move", start),
        "average-is-model": ("is the model itself", weights),
    }
    for code, (text, value) in options.items():
        if np.allclose(got, value, rtol=1e-5, atol=1e-7):
            yield Cause(code, f"{name} {text}")
            return
    other = _decay(start, weights, got)
    if other is not None and not np.isclose(other, decay, rtol=1e-3):
        text = f"keeps {other:.4g} of its old value in each step where it kept {decay:.4g}"
        yield Cause("average-factor", f"{name} {text}")


def _decay(old: Array, weights: Array, new: Array) -> float | None:
    """The factor of the old value, if one factor explains all elements."""
    gap = old - weights
    if not np.any(np.abs(gap) > 1e-9):
        return None
    at = np.unravel_index(np.argmax(np.abs(gap)), gap.shape)
    decay = float(((new - weights) / np.where(gap == 0, 1, gap))[at])
    return decay if np.allclose(decay * old + (1 - decay) * weights, new, rtol=1e-4, atol=1e-6) else None
