"""Starting from the middle: the after program goes on from the before program's train state at a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from migrate.verify.coverage import some
from migrate.verify.liveness import counter
from migrate.verify.pairing import Names, TrackPair, partner_path
from migrate.verify.recorder import wire
from migrate.verify.recorder.leafmap import Path
from migrate.verify.recorder.wire import Array, Record
from migrate.verify.recording import Recording
from migrate.verify.report import Report
from migrate.verify.runner import Runner

GROUPS = {"params": 0, "opt_state": 0, "step": 0, "fields": -1}
FOUND_ELSEWHERE = frozenset({"fields", "step"})


@dataclass(frozen=True)
class Handover:
    """A runner whose after programs start from the middle, or the leaves that stand in the way."""

    runner: Runner
    missing: tuple[str, ...]


def hand_over(runner: Runner, pairs: list[TrackPair]) -> Handover:
    """Write the before program's state at the wanted step in the names of the after program.

    Parameters, optimizer state and the step counter are those with which the step begins; statistics are
    those that the step before it left behind.
    """
    start, file = runner.request.from_step, runner.scratch / "takeover.events"
    missing: list[str] = []
    with file.open("wb") as stream:
        for pair in pairs:
            leaves = []
            for group, shift in GROUPS.items():
                before, after = pair.before.updates[start + shift], pair.after.updates[start + shift]
                values = translated(before.group(group), _shapes(after, group), pair.names)
                leaves += [(group, path, array) for path, array in values.items()]
                missing += _left_out(group, before, after, pair.names, values)
            wire.append(stream, {"kind": "takeover", "optimizer": pair.after.optimizer}, leaves)
    return Handover(replace(runner, takeover=file), tuple(missing))


def _shapes(record: Record, group: str) -> dict[Path, tuple[int, ...]]:
    return {path: shape for path, (shape, _) in record.signature(group).items()}


def translated(
    before: dict[Path, Array], after: dict[Path, tuple[int, ...]], names: Names
) -> dict[Path, Array]:
    """Every leaf of a tree of the after program, in its shape, made of the leaves before."""
    parts: dict[Path, dict[int, Array]] = {}
    for path, array in before.items():
        place = partner_path(path, after, names)
        if place is not None:
            parts.setdefault(place, {})[part_of(path, names)] = array
    return {path: _joined(found, after[path]) for path, found in parts.items() if _fits(found, after[path])}


def part_of(path: Path, names: Names) -> int:
    """Which part of a fused leaf a path stands for, 0 where nothing is fused."""
    found = next((names[path[at:]] for at in range(len(path)) if path[at:] in names), None)
    return found.part if found is not None else 0


def _fits(parts: dict[int, Array], shape: tuple[int, ...]) -> bool:
    return sum(array.size for array in parts.values()) == int(np.prod(shape))


def _joined(parts: dict[int, Array], shape: tuple[int, ...]) -> Array:
    ordered = [parts[number] for number in sorted(parts)]
    whole = np.concatenate(ordered, axis=-1) if len(ordered) > 1 else ordered[0]
    return whole.reshape(shape)


def _left_out(
    group: str, before: Record, after: Record, names: Names, values: dict[Path, Array]
) -> Iterator[str]:
    """Leaves of either side that have no partner; what else a train state holds may live elsewhere."""
    if group in FOUND_ELSEWHERE:
        return
    targets = _shapes(after, group)
    sources = [path for path in before.signature(group) if partner_path(path, targets, names) not in values]
    for path in [*sources, *(path for path in targets if path not in values)]:
        yield "/".join((group, *path))


def describe_missing(after: str, missing: tuple[str, ...]) -> str:
    """One sentence for leaves that cannot be handed over."""
    return f"{after}: cannot start from the middle, as {some(list(missing))} has no partner"


def start_from_middle(
    blank: Report, runner: Runner, old: Recording, new: Recording, pairs: list[TrackPair]
) -> tuple[Report | None, Runner, Recording]:
    """Run the after program again with the handed-over state; the report is there if that was in vain."""
    start, after = runner.request.from_step, runner.request.after
    taken = min((len(t.updates) for pair in pairs for t in (pair.before, pair.after)), default=0)
    if after is None or old.of("case") or taken <= start:
        message = f"{blank.after}: took {taken} optimizer steps, so it cannot start after step {start}"
        return replace(blank, message=message), runner, new
    if any(counter(pair.after.updates[start]) not in (None, start) for pair in pairs):
        message = (
            f"{blank.after}: several optimizers of the same shapes take turns, and which is which cannot be "
            "told, so it cannot start from the middle"
        )
        return replace(blank, message=message), runner, new
    handover = hand_over(runner, pairs)
    if handover.missing:
        message = describe_missing(blank.after, handover.missing)
        return replace(blank, verdict="fail", message=message), runner, new
    again, trouble = handover.runner.run(after, "after", transplant="before")
    if trouble is not None:
        return replace(blank, message=trouble.message, traceback=trouble.traceback), handover.runner, again
    if len({event.header["optimizer"] for event in again.of("takeover")}) < len(pairs):
        message = f"{blank.after}: never called nnx.Optimizer.update for step {start}, where it would start"
        return replace(blank, message=message), handover.runner, again
    return None, handover.runner, again
