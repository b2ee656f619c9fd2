"""What may be named on the command line: directories, pinned distributions, or all of these."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.corpus.distributions import DISTRIBUTIONS
from benchmarks.corpus.fetching import Unavailable, WrongContents, fetch
from benchmarks.corpus.project import Project, read_project

ALL = "all"


def projects(target: str, cache: Path, near: bool = True) -> list[Project]:
    """The projects that one argument names; what cannot be had is named on standard error."""
    found = []
    for name in DISTRIBUTIONS if target == ALL else [target]:
        if name not in DISTRIBUTIONS:
            found.append(read_project(Path(name).resolve().name, Path(name), near=near))
            continue
        distribution = DISTRIBUTIONS[name]
        try:
            root = fetch(distribution, cache)
        except (Unavailable, WrongContents) as error:
            print(f"left out: {error}", file=sys.stderr)
        else:
            found.append(read_project(name, root, distribution.pattern, near))
    return found
