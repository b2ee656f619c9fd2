"""`python -m benchmarks.corpus`: migrate public code, print what came of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from benchmarks.corpus.distributions import DISTRIBUTIONS
from benchmarks.corpus.examine import Examination, examine
from benchmarks.corpus.fetching import default_cache
from benchmarks.corpus.snapshot import accept
from benchmarks.corpus.tables import (
    fault_lines,
    file_cases,
    other_cases,
    outcome_table,
    reasons_table,
    size_table,
    training_cases,
)
from benchmarks.corpus.targets import ALL, projects
from migrate.result import Style


def main() -> int:
    """Print the tables; the exit code is 1 after a crash or a fault, and if nothing could be had."""
    arguments = _arguments()
    styles: Sequence[Style] = get_args(Style) if arguments.style is None else (arguments.style,)
    chosen = [project for target in arguments.targets for project in projects(target, arguments.cache)]
    done = [examine(project, style) for project in chosen for style in styles]
    if not done:
        return 1
    if arguments.list:
        _list(done, arguments.list)
    else:
        _report(done, arguments.reasons)
    if arguments.write:
        _write(done, arguments.write)
    if arguments.accept:
        accept(each for each in done if each.project.name in DISTRIBUTIONS)
    return 1 if any(each.faults or each.crashes for each in done) else 0


def _report(done: Sequence[Examination], limit: int) -> None:
    """Print the table of all, and the rankings for the first style that was asked for."""
    print(outcome_table(done))
    first = [each for each in done if each.style == done[0].style]
    rankings = {
        "Training components that stay": training_cases(first),
        "Files with training that stays": file_cases(first),
        "Other components that stay": other_cases(first),
    }
    for title, cases in rankings.items():
        print(f"{title}, {done[0].style}:\n\n{reasons_table(cases, limit)}")
    print(f"Components that stay and reach into several files:\n\n{size_table(first, limit)}")
    print(fault_lines(done), end="")


def _list(done: Sequence[Examination], words: str) -> None:
    """Print every finding whose code or message holds `words`."""
    for each in done:
        for found in each.result.findings:
            if words in f"{found.code} {found.message}":
                place = f"{found.path}:{found.line}:{found.column}"
                print(f"{each.project.name}: {place}: {found.code} {found.message}")


def _write(done: Sequence[Examination], folder: Path) -> None:
    """Write every changed file below `folder/STYLE/PROJECT`."""
    for each in done:
        for path, text in each.result.changed.items():
            target = folder / each.style / each.project.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.corpus", description="Migrate public Linen code.")
    names = ", ".join(DISTRIBUTIONS)
    parser.add_argument(
        "targets",
        nargs="*",
        default=[ALL],
        metavar="TARGET",
        help=f"a directory, `{ALL}` (the default), or one of {names}",
    )
    parser.add_argument("--style", choices=get_args(Style), help="only this style (default: both)")
    parser.add_argument("--reasons", type=int, default=30, metavar="N", help="length of the rankings")
    parser.add_argument("--list", metavar="WORDS", help="print the findings with these words instead")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where archives are kept")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the changed files below DIR")
    parser.add_argument("--accept", action="store_true", help="keep the counts for the test to compare")
    found = parser.parse_args()
    known = {ALL, *DISTRIBUTIONS}
    if unknown := [each for each in found.targets if each not in known and not Path(each).is_dir()]:
        parser.error(f"neither a distribution nor a directory: {', '.join(unknown)}")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
