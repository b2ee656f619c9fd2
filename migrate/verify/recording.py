"""One recorded run, sorted into initialisations, losses and the steps of each optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migrate.verify.recorder.wire import Record, records


@dataclass(frozen=True)
class Track:
    """The steps of one optimizer in one segment, in the order in which they ran."""

    segment: int
    optimizer: str
    updates: tuple[Record, ...]


@dataclass(frozen=True)
class LossSite:
    """The losses computed at one place of the program, in order."""

    segment: int
    name: str
    file: str
    line: int
    losses: tuple[Record, ...]


@dataclass(frozen=True)
class Recording:
    """All events of one run; arrays stay in the file until they are asked for."""

    events: tuple[Record, ...]

    def of(self, kind: str) -> list[Record]:
        return [event for event in self.events if event.kind == kind]

    @property
    def started(self) -> bool:
        return bool(self.of("start"))

    @property
    def digested(self) -> bool:
        """Whether some arrays are there as digests only."""
        return any(_digested(event) for event in self.events)

    def exact_part(self) -> Recording:
        """The events before the first digest, and how the run ended."""
        cut = next((i for i, event in enumerate(self.events) if _digested(event)), len(self.events))
        return Recording((*self.events[:cut], *(e for e in self.events[cut:] if e.kind == "end")))

    @property
    def whole(self) -> bool:
        """Whether the run took steps and ended by itself or after the last wanted one."""
        return bool(self.tracks) and self.end["reason"] in ("steps", "finished")

    @cached_property
    def end(self) -> dict[str, object]:
        """How the run ended; `reason` is `steps`, `finished`, `exit`, `crash` or `killed`."""
        last = self.of("end")
        return dict(last[-1].header) if last else {"reason": "killed"}

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        groups: dict[tuple[int, str], list[Record]] = {}
        for event in self.of("update"):
            groups.setdefault((event.header["segment"], event.header["optimizer"]), []).append(event)
        return tuple(Track(*key, tuple(found)) for key, found in groups.items())

    @cached_property
    def loss_sites(self) -> tuple[LossSite, ...]:
        groups: dict[tuple[int, str, str, int], list[Record]] = {}
        for event in self.of("loss"):
            site = event.header["site"]
            key = (event.header["segment"], event.header["name"], site["file"], site["line"])
            groups.setdefault(key, []).append(event)
        return tuple(LossSite(*key, tuple(found)) for key, found in groups.items())


def _digested(event: Record) -> bool:
    return any(leaf.digested for leaf in event.leaves)


def load(file: Path) -> Recording:
    """Read the events of a run; a missing or empty file is a run that never started.

    Where the cases of the one-step problem were run, what the program did by itself is left out.
    """
    events = tuple(records(file)) if file.exists() else ()
    if any(event.kind == "case" for event in events):
        events = tuple(event for event in events if event.header.get("segment", 1) or event.kind == "start")
    return Recording(events)
