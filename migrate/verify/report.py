"""What verify found out, as plain data for every kind of output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import reduce
from typing import Literal, cast

Verdict = Literal["pass", "fail", "inconclusive"]
Grade = Literal["bitwise", "ulp", "fp64", "half", "none"]
Phase = Literal["forward", "backward", "update", "state"]

EXIT_CODES: dict[Verdict, int] = {"pass": 0, "fail": 1, "inconclusive": 3}
PHASES: tuple[Phase, ...] = ("forward", "backward", "update", "state")


@dataclass(frozen=True)
class Divergence:
    """The first place where the two programs differ; steps count from 1.

    `max_rel` is relative to the largest magnitude of the tree that holds the leaf.
    """

    step: int
    phase: Phase
    path: str
    max_abs: float | None = None
    max_rel: float | None = None
    before_line: str = ""
    after_line: str = ""
    before_code: str = ""
    after_code: str = ""


@dataclass(frozen=True)
class Cause:
    """A known fault that explains the divergence; `code` is its entry in the catalogue."""

    code: str
    message: str


@dataclass(frozen=True)
class Error:
    """One leaf of one step whose bits differ; relative to the largest magnitude of its tree."""

    step: int
    phase: Phase
    path: str
    max_abs: float
    max_rel: float


@dataclass(frozen=True)
class Layer:
    """One module call in both programs: whether it was given the same and returned the same.

    Where layers were isolated, `same_alone` says whether it returns the same when it is given what its
    partner was given, and `same_before` whether the code that leads to it then gives it the same.
    """

    path: str
    kind: str
    same_input: bool
    same_output: bool
    max_abs: float
    max_rel: float
    before_line: str
    after_line: str
    same_alone: bool | None = None
    same_before: bool | None = None


@dataclass(frozen=True)
class MapEntry:
    """One leaf before, its leaf after, and the evidence on which they were paired."""

    before: str
    after: str
    how: str


@dataclass(frozen=True)
class Alive:
    """Signs that one program really trains; None where the run could not show it."""

    updates: int
    parameters_moved: bool | None = None
    step_advanced: bool | None = None
    models_built: int = 0


@dataclass(frozen=True)
class Losses:
    """The loss of every step, the mean over lanes where a step is mapped over seeds."""

    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()


@dataclass(frozen=True)
class StepTime:
    """Median seconds per optimizer step after warm-up, in a run that records nothing else."""

    before: float | None = None
    after: float | None = None

    @property
    def ratio(self) -> float | None:
        if self.before and self.after:
            return self.after / self.before
        return None


@dataclass(frozen=True)
class ForwardLook:
    """The after program under NNX_GRAPH_UPDATES=false, beside itself without.

    Traces are functions traced per optimizer step after warm-up; None where a run is too short to tell.
    """

    outcome: Literal["same", "differs", "fails", "skipped"]
    message: str
    traces_now: float | None = None
    traces: float | None = None


@dataclass(frozen=True)
class Report:
    """The outcome of one comparison; `message` is one sentence, `traceback` a program's own.

    `inexact` is the first difference of bits, tolerated or not; `drifts` says that all that is not
    tolerated is small and comes in losses and gradients, as rounding that grows would.
    """

    before: str
    after: str
    verdict: Verdict
    grade: Grade
    steps: int
    message: str
    losses: Losses = Losses()
    first_divergence: Divergence | None = None
    inexact: Divergence | None = None
    drifts: bool = False
    leaf_map: tuple[MapEntry, ...] = ()
    liveness: dict[str, Alive] = field(default_factory=dict)
    step_time: StepTime = StepTime()
    forward: ForwardLook | None = None
    causes: tuple[Cause, ...] = ()
    layers: tuple[Layer, ...] = ()
    errors: tuple[Error, ...] = ()
    shows_map: bool = False
    command: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    traceback: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]


def renamed(report: Report, names: Sequence[tuple[str, str]]) -> Report:
    """A report in which paths are written otherwise, wherever they occur."""
    return cast(Report, _renamed(report, names)) if names else report


def _renamed(value: object, names: Sequence[tuple[str, str]]) -> object:
    if isinstance(value, str):
        return reduce(lambda text, pair: text.replace(*pair), names, value)
    if isinstance(value, tuple):
        return tuple(_renamed(item, names) for item in value)
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: _renamed(getattr(value, each.name), names) for each in fields(value)}
        )
    return value
