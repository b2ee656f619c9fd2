"""`python -m benchmarks.programs`: verify public programs before and after their migration."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from benchmarks.corpus.fetching import Unavailable, WrongContents, default_cache, fetch
from benchmarks.programs.catalogue import PROGRAMS
from benchmarks.programs.running import Outcome, compare
from benchmarks.programs.snapshot import accept
from benchmarks.programs.sources import SOURCES
from migrate.result import Style


def main() -> int:
    """Print a table as it grows; the exit code is 1 unless every program passes or stays untouched."""
    arguments = _arguments()
    styles: Sequence[Style] = get_args(Style) if arguments.style is None else (arguments.style,)
    print("| program | style | verdict | |\n| --- | --- | --- | --- |", flush=True)
    verdicts: dict[str, dict[str, str]] = {}
    for name in arguments.programs or PROGRAMS:
        program = PROGRAMS[name]
        distribution = SOURCES[program.distribution]
        try:
            source = fetch(distribution, arguments.cache) / program.folder
        except (Unavailable, WrongContents) as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        for style in styles:
            outcome = compare(program, source, style)
            _tell(name, style, outcome)
            verdicts.setdefault(name, {})[style] = outcome.verdict
    if arguments.accept:
        accept(verdicts)
    found = {verdict for by_style in verdicts.values() for verdict in by_style.values()}
    return 0 if found <= {"pass", "untouched"} else 1


def _tell(name: str, style: Style, outcome: Outcome) -> None:
    first, _, rest = outcome.detail.partition("\n")
    print(f"| {name} | {style} | {outcome.verdict} | {first} |", flush=True)
    if rest.strip():
        print(rest, file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.programs", description="Verify public programs.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(PROGRAMS)}")
    parser.add_argument("--style", choices=get_args(Style), help="only this style (default: both)")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where archives are kept")
    parser.add_argument("--accept", action="store_true", help="keep the verdicts for the test to compare")
    found = parser.parse_args()
    if unknown := [name for name in found.programs if name not in PROGRAMS]:
        parser.error(f"no program {', '.join(unknown)}")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
