"""`python -m benchmarks.modules`: compare every migrated class of public code with its Linen original."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus.distributions import DISTRIBUTIONS
from benchmarks.corpus.fetching import default_cache
from benchmarks.corpus.tables import reasons_table
from benchmarks.corpus.targets import projects
from benchmarks.modules.examine import Examination, Verdict, by_folder, examine, tally
from benchmarks.modules.snapshot import PACKAGES, accept


def main() -> int:
    """Print the tables; the exit code is 1 where a class computes something else than its original."""
    arguments = _arguments()
    found = [project for target in arguments.targets for project in projects(target, arguments.cache, False)]
    done = []
    for project in found:
        done.append(examine(project, not arguments.no_build, only=arguments.only, seen=_print_folder))
        print(_row(project.name, done[-1].counts()), end="", flush=True)
        if arguments.write:
            _write(done[-1], arguments.write)
    print(f"\n{_table(done)}")
    _print_folders(done)
    _print_verdicts(done, arguments.verbose)
    cases = [case for each in done for case in each.cases()]
    print(f"Reasons, by the number of classes that stay:\n\n{reasons_table(cases, arguments.reasons)}")
    if arguments.accept:
        accept(each for each in done if each.project in PACKAGES)
    return 1 if any(each.counts()["wrong"] for each in done) else 0


def _table(done: Sequence[Examination]) -> str:
    sums: Counter[str] = Counter()
    for each in done:
        sums.update(each.counts())
    lines = _heads(["project", *sums])
    lines += [_row(each.project, each.counts()) for each in done]
    share = 100 * sums["migrated"] / max(1, sums["classes"])
    return "".join([*lines, _row("all", sums), f"\n{share:.1f} % of the classes are migrated.\n"])


def _heads(names: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(names)} |\n", f"|{' --- |' * len(names)}\n"]


def _row(name: str, counts: Counter[str] | dict[str, int]) -> str:
    return f"| {' | '.join(map(str, [name, *counts.values()]))} |\n"


def _print_folder(name: str, verdicts: Sequence[Verdict]) -> None:
    """One row on standard error as soon as it is known."""
    print(_row(name, tally(verdicts)), end="", file=sys.stderr, flush=True)


def _print_folders(done: Sequence[Examination]) -> None:
    """What came of the classes that were built, folder by folder."""
    for each in done:
        if each.verdicts:
            print("".join(_heads([each.project, *tally(each.verdicts)])), end="")
        for name, verdicts in by_folder(each.verdicts).items():
            print(_row(name, tally(verdicts)), end="")
        print()


def _print_verdicts(done: Sequence[Examination], verbose: bool) -> None:
    for each in done:
        for verdict in each.verdicts:
            if verbose or verdict.verdict != "bitwise":
                place = f"{each.project}: {verdict.path}: {verdict.name}"
                print(f"{place}: {verdict.verdict} {verdict.detail}")


def _write(done: Examination, folder: Path) -> None:
    """Write the modules as they were and as they are below `folder`."""
    for name, texts in (("before", done.sources), ("after", {**done.sources, **done.result.changed})):
        for path, text in texts.items():
            target = folder / done.project / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.modules", description="Compare migrated modules.")
    names = ", ".join(DISTRIBUTIONS)
    parser.add_argument(
        "targets", nargs="*", default=[*PACKAGES], metavar="TARGET", help=f"a directory, or one of {names}"
    )
    parser.add_argument("--no-build", action="store_true", help="only count what is migrated")
    parser.add_argument("--reasons", type=int, default=40, metavar="N", help="length of the ranking")
    parser.add_argument("--verbose", action="store_true", help="name the classes that are bitwise equal, too")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="build classes with this in their path or name"
    )
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the modules below DIR")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where archives are kept")
    parser.add_argument("--accept", action="store_true", help="keep the counts for the test to compare")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
