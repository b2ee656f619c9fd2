"""How far a run is, read from its event file while it is being written."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from migrate.verify.recorder.wire import records


@dataclass
class Follower:
    """Counts the optimizer steps in a growing event file; each look reads only what is new."""

    file: Path
    position: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def steps(self) -> int:
        """Steps of the busiest optimizer so far."""
        if self.file.exists():
            for record in records(self.file, self.position):
                self.position = record.end
                if record.kind == "update":
                    name = str(record.header["optimizer"])
                    self.counts[name] = self.counts.get(name, 0) + 1
        return max(self.counts.values(), default=0)

    def describe(self, run: str, wanted: int) -> str:
        """One line for a person who waits."""
        done, seconds = min(self.steps(), wanted), time.monotonic() - self.started
        return f"{run}: step {done} of {wanted}, {seconds:.0f} s"
