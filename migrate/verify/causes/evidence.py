"""What the checks of the catalogue look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.verify.observe import grouped
from migrate.verify.pairing import TrackPair
from migrate.verify.recorder.leafmap import Path, normal_name
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import Recording
from migrate.verify.report import Divergence, Layer

Facts = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """Both runs, how they were paired, where they part, and the layers if they were watched."""

    old: Recording
    new: Recording
    pairs: tuple[TrackPair, ...]
    divergence: Divergence
    layers: tuple[Layer, ...] = ()

    def at(self, pair: TrackPair) -> int:
        """Index of the diverging step in the updates of a pair, kept inside what both took."""
        last = min(len(pair.before.updates), len(pair.after.updates)) - 1
        step = 1 if self.old.of("case") else self.divergence.step
        return max(0, min(step - 1, last))


@dataclass(frozen=True)
class ModulePair:
    """What one module says of itself in both programs; `training` while a gradient was taken."""

    path: str
    kind: str
    before: Facts
    after: Facts
    before_flags: tuple[Facts, ...]
    after_flags: tuple[Facts, ...]
    training: bool


Key = tuple[str, bool]
Groups = Mapping[Key, list[Record]]


def module_pairs(evidence: Evidence) -> Iterator[ModulePair]:
    """Modules by path, those with other names through the leaf map."""
    renamed = _renamed(evidence.pairs)
    before = grouped((_module_key(event, renamed), event) for event in evidence.old.of("module"))
    after = grouped((_module_key(event, {}), event) for event in evidence.new.of("module"))
    partners = {key: key for key in before if key in after} | dict(_by_type(before, after))
    for key, ours in before.items():
        theirs = after.get(partners.get(key, key))
        if theirs:
            header = ours[0].header
            yield ModulePair(
                header["path"],
                header["type"],
                header["facts"],
                theirs[0].header["facts"],
                tuple(event.header["flags"] for event in ours),
                tuple(event.header["flags"] for event in theirs),
                header["training"],
            )


def _by_type(before: Groups, after: Groups) -> Iterator[tuple[Key, Key]]:
    """Modules without leaves of their own have no name in the leaf map: by type, in order of their calls."""
    ours = grouped((_type_key(events[0]), key) for key, events in before.items() if key not in after)
    theirs = grouped((_type_key(events[0]), key) for key, events in after.items() if key not in before)
    for kind, keys in ours.items():
        if len(keys) == len(theirs.get(kind, ())):
            yield from zip(keys, theirs[kind], strict=True)


def _type_key(event: Record) -> tuple[str, bool]:
    return event.header["type"], event.header["training"]


def _module_key(event: Record, renamed: dict[str, str]) -> tuple[str, bool]:
    name = normal_name(tuple(event.header["path"].split("/")))
    return renamed.get(name, name), event.header["training"]


def _renamed(pairs: tuple[TrackPair, ...]) -> dict[str, str]:
    """Module names before and after, as far as leaves show them."""
    names: dict[str, str] = {}
    for pair in pairs:
        for leaf in pair.leaves.pairs:
            names.setdefault(_module_name(leaf.before), _module_name(leaf.after))
    return names


def _module_name(leaf: Path) -> str:
    return normal_name(leaf[:-1])
