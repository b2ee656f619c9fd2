"""The measurements as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.budgets import Budget
from benchmarks.timing import Timing, ratio
from benchmarks.trees import Tree

HEADING = (
    "| tree | command | CPU s | beside | CPU s | ratio | budget | | rounds |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


@dataclass(frozen=True)
class Row:
    """One comparison on one tree; `budget` is the highest ratio that is acceptable."""

    tree: str
    ours: Timing
    theirs: Timing
    budget: float | None = None


def rows(tree: Tree, timings: Mapping[str, Timing], budget: Budget) -> list[Row]:
    """Every command of ours beside every other one, or on a line by itself if it did not work."""
    ours = [timing for name, timing in timings.items() if name.startswith("linen2nnx")]
    theirs = [timing for name, timing in timings.items() if not name.startswith("linen2nnx")]
    title = f"{tree.title} ({len(tree.files)} files, {tree.size / 1000:.0f} kB)"
    return [
        Row(title, mine, other, budget.get(other.name))
        for mine in ours
        for other in (theirs if mine.seconds else [Timing("everything")])
    ]


def above(timing: Timing, start_up: Timing) -> Timing:
    """What the rounds of `timing` took beyond the start of the command."""
    floor = median(start_up.counted)
    name = f"{timing.name} (less start-up)"
    return replace(timing, name=name, seconds=tuple(seconds - floor for seconds in timing.seconds))


def markdown(lines: Iterable[Row]) -> str:
    """The table with its heading; the name of a tree stands on its first line only."""
    text, previous = HEADING, ""
    for row in lines:
        tree = "" if row.tree == previous else row.tree
        previous = row.tree
        text += f"| {' | '.join((tree, *_cells(row)))} |\n"
    return text


def _cells(row: Row) -> tuple[str, ...]:
    if not (row.ours.seconds and row.theirs.seconds):
        problem = row.ours.problem or row.theirs.problem
        return (row.ours.name, "", row.theirs.name, "", "", "", f"skipped: {problem}", "")
    value = ratio(row.ours, row.theirs)
    bound = row.theirs.stopped
    return (
        row.ours.name,
        f"{median(row.ours.counted):.3f}",
        row.theirs.name,
        f"{'> ' if bound else ''}{median(row.theirs.counted):.3f}",
        f"{'< ' if bound else ''}{value:.2g}",
        *_judged(value, row.budget, bound),
        str(min(len(row.ours.counted), len(row.theirs.counted))),
    )


def _judged(value: float, budget: float | None, bound: bool) -> tuple[str, str]:
    """A ratio that is only an upper bound can show that the budget is kept, not that it is exceeded."""
    if budget is None:
        return "", ""
    verdict = "ok" if value <= budget else "undecided" if bound else "over"
    return f"{budget:g}", verdict
