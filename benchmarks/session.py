"""One run of the benchmarks: each tree with its commands and its budget."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import budgets, commands, trees
from benchmarks.budgets import Budget
from benchmarks.peers import Environments
from benchmarks.table import Row, above, rows
from benchmarks.timing import Command, Timing, run_rounds
from benchmarks.trees import Tree


@dataclass(frozen=True)
class Session:
    """`rounds` are counted after the warm-up; a command is left out after `limit` seconds.

    Fixtures named in `without` stay out of the tree that is full of Linen.
    """

    environments: Environments
    rounds: int
    limit: float
    without: tuple[str, ...] = ()


def measure(session: Session, root: Path) -> list[Row]:
    """Measure everything, in trees that are made below `root`."""
    trivial = trees.trivial(root)
    start_up = _time(session, trivial, _commands(session, trivial, ["check"]))
    found = rows(trivial, start_up, budgets.START_UP)
    found += _reading(session, trees.plain(root, trees.LARGE_FILES), start_up)
    found += _compare(session, trees.plain(root), ["check"], budgets.NO_FLAX)
    heavy = _compare(session, trees.heavy(root, session.without), ["check", "migrate"], budgets.HEAVY)
    if any(row.ours.problem for row in heavy):
        _tell("skipped the Flax sources: without the rewrites of the generated tree their time says nothing")
        return found + heavy
    sources = trees.flax_sources(root)
    if sources is None:
        _tell("skipped the Flax sources: this interpreter cannot import flax; install it to measure them")
        return found + heavy
    return found + heavy + _compare(session, sources, ["check", "migrate"], budgets.SOURCES)


def _compare(session: Session, tree: Tree, ours: Sequence[str], budget: Budget) -> list[Row]:
    commands.settle(session.environments, tree)
    return rows(tree, _time(session, tree, _commands(session, tree, ours)), budget)


def _commands(session: Session, tree: Tree, ours: Sequence[str]) -> list[Command]:
    """Our commands, a bare read, a bare parse and the peers."""
    environments = session.environments
    return [
        *(commands.ours(environments, tree, command) for command in ours),
        commands.read(environments, tree),
        commands.parse(environments, tree),
        *commands.others(environments, tree),
    ]


def _reading(session: Session, tree: Tree, start_up: Mapping[str, Timing]) -> list[Row]:
    """Without Flax only the reading is left; enough files to tell it from the start of a process."""
    environments = session.environments
    timings = _time(
        session, tree, [commands.ours(environments, tree, "check"), commands.read(environments, tree)]
    )
    return rows(
        tree, {name: above(timing, start_up[name]) for name, timing in timings.items()}, budgets.LARGE
    )


def _time(session: Session, tree: Tree, batch: Sequence[Command]) -> dict[str, Timing]:
    _tell(f"{tree.title}: {len(tree.files)} files, {len(batch)} commands")
    return run_rounds(batch, session.rounds, session.limit)


def _tell(message: str) -> None:
    print(message, file=sys.stderr)
