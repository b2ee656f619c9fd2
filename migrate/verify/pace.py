"""How long steps take, and how often functions are traced anew, both after warm-up."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from migrate.verify.recording import Recording
from migrate.verify.report import StepTime
from migrate.verify.runner import Runner

WARM_UP = 2


def step_times(runner: Runner, after: Path) -> StepTime:
    """Run both programs once more with nothing watched but the time of each optimizer step."""
    before, trouble = runner.run(runner.request.before, "before-timed", light=True)
    if trouble is not None:
        return StepTime()
    new, trouble = runner.run(after, "after-timed", light=True)
    return StepTime() if trouble is not None else StepTime(_seconds(before), _seconds(new))


def _seconds(run: Recording) -> float | None:
    """Median seconds between the steps of the busiest optimizer."""
    marks = _marks(run, "time")
    return median(later - earlier for earlier, later in pairwise(marks)) if marks else None


def traces_per_step(run: Recording) -> float | None:
    """How many functions are traced in a step, on average; 0 where everything is compiled once."""
    marks = _marks(run, "traces")
    return (marks[-1] - marks[0]) / (len(marks) - 1) if marks else None


def _marks(run: Recording, name: str) -> list[Any]:
    """What the headers of the busiest optimizer's steps say after warm-up; empty if they are too few."""
    longest = max((track.updates for track in run.tracks), key=len, default=())
    marks = [update.header[name] for update in longest[WARM_UP:]]
    return marks if len(marks) > 1 else []
