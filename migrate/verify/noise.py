"""Parameters whose gradients are nothing but rounding errors, which Adam turns into whole steps."""

from __future__ import annotations

from migrate.verify.compare import epsilon
from migrate.verify.measure import magnitude
from migrate.verify.pairing import TrackPair, counterpart, parameter_of
from migrate.verify.recorder.leafmap import Path
from migrate.verify.recorder.wire import Record

NOISE_ULPS = 64


def is_noise(pairs: list[TrackPair], path: Path, step: int) -> bool:
    """Whether the gradients of the parameter that a path ends in differed and were noise up to a step."""
    for pair in pairs:
        leaf = parameter_of(path, pair.names)
        updates = list(zip(pair.before.updates, pair.after.updates, strict=False))[:step]
        if leaf is not None and any(_noise(one, other, leaf, pair) for one, other in updates):
            return True
    return False


def _noise(one: Record, other: Record, leaf: Path, pair: TrackPair) -> bool:
    """A gradient that differs, and is as small beside the largest of its tree as rounding errors are."""
    before, after = one.group("grads"), other.group("grads")
    if leaf not in before:
        return False
    partner = counterpart(leaf, before[leaf], after, pair.names)
    if partner is None or partner.tobytes() == before[leaf].tobytes():
        return False
    limit = NOISE_ULPS * epsilon(one, "grads") * magnitude(before.values())
    return max(magnitude([before[leaf]]), magnitude([partner])) <= limit
