"""The modules of one project by themselves: migrated, built, and compared with the originals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.corpus.fetching import default_cache
from benchmarks.corpus.linen_code import Place, module_classes
from benchmarks.corpus.project import Project
from benchmarks.corpus.reasons import Case
from benchmarks.modules.extract import by_themselves, settings_of
from migrate.pipeline import run
from migrate.result import Component, Options, Result

ROOT = Path(__file__).parents[2]
SECONDS = 200
"""By the clock, for each class of a folder and once more for the process that compares them."""


@dataclass(frozen=True)
class Verdict:
    """What came of one class: `bitwise`, `ulp`, `wrong`, or `not built` with the reason."""

    path: str
    name: str
    verdict: str
    detail: str


Placed = TypeVar("Placed", Place, Verdict)


@dataclass(frozen=True)
class Examination:
    """One project: its modules alone, what the engine made of them, and the comparisons."""

    project: str
    sources: Mapping[str, str]
    result: Result
    migrated: tuple[Place, ...]
    verdicts: tuple[Verdict, ...]

    def cases(self) -> list[Case]:
        """What stands against each class that stays, once for every class of its component."""
        staying = [each for each in self.result.components if each.status == "untouched"]
        return [(self.project, each.blockers) for each in staying for _ in range(_weight(each))]

    def counts(self) -> dict[str, int]:
        """The row of the table."""
        classes = {"classes": len(module_classes(self.sources)), "migrated": len(self.migrated)}
        return classes | tally(self.verdicts)


def by_folder(places: Iterable[Placed]) -> dict[str, list[Placed]]:
    """Classes or verdicts by the folders of their files."""
    found: dict[str, list[Placed]] = {}
    for place in places:
        found.setdefault(str(Path(place.path).parent), []).append(place)
    return found


def tally(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many classes were compared, and what came of it."""
    found = Counter(each.verdict for each in verdicts)
    compared = {"compared": len(verdicts) - found["not built"]}
    return compared | {name: found[name] for name in ("bitwise", "ulp", "wrong")}


def _weight(component: Component) -> int:
    return len(component.modules)


def examine(
    project: Project,
    build: bool = True,
    limit: int | None = None,
    only: str = "",
    seen: Callable[[str, Sequence[Verdict]], None] | None = None,
) -> Examination:
    """Migrate the modules of a project by themselves and compare those that become NNX classes.

    At most `limit` of them are built, with `only` in their path or name.
    `seen` is told the verdicts of each folder.
    """
    sources = by_themselves(project.sources, project.texts)
    result = run(sources, Options())
    after = {**sources, **result.changed}
    left = {(place.path, place.name) for place in module_classes(after)}
    migrated = tuple(place for place in module_classes(sources) if (place.path, place.name) not in left)
    configurations = settings_of(sources, project.texts) if build else {}
    chosen = [place for place in migrated if only in f"{place.path}: {place.name}"][:limit]
    verdicts = compared(sources, after, chosen, configurations, seen) if build else ()
    return Examination(project.name, sources, result, migrated, verdicts)


def compared(
    before: Mapping[str, str],
    after: Mapping[str, str],
    places: Sequence[Place],
    configurations: Mapping[str, str] | None = None,
    seen: Callable[[str, Sequence[Verdict]], None] | None = None,
) -> tuple[Verdict, ...]:
    """Build and compare the classes of each folder in a process of its own, where both texts can be imported.

    `configurations` hold the classes of settings that fields are annotated with.
    """
    with tempfile.TemporaryDirectory() as folder:
        texts = {"before": before, "after": after, "settings": configurations or {}}
        roots = [Path(folder, name) for name in texts]
        for root, each in zip(roots, texts.values(), strict=True):
            root.mkdir()
            _write(root, each)
        found: list[Verdict] = []
        for name, group in by_folder(places).items():
            verdicts = _verdicts(roots, group)
            found += verdicts
            if seen is not None:
                seen(name, verdicts)
        return tuple(found)


def _verdicts(roots: Sequence[Path], places: Sequence[Place]) -> tuple[Verdict, ...]:
    """The verdicts of the worker; where it ends early, one class is not built and the next one begins."""
    output, ended = _worked(roots, places)
    found = [Verdict(*json.loads(line)) for line in output.splitlines() if line.startswith("[")]
    if len(found) == len(places):
        return tuple(found)
    stopped, *rest = places[len(found) :]
    unbuilt = Verdict(stopped.path, stopped.name, "not built", ended)
    return (*found, unbuilt, *(_verdicts(roots, rest) if rest else ()))


def _worked(roots: Sequence[Path], places: Sequence[Place]) -> tuple[str, str]:
    """What the worker prints, and how it ended."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.modules.worker", *map(str, roots)],
            input=json.dumps([(place.path, place.name) for place in places]).encode(),
            capture_output=True,
            check=False,
            timeout=SECONDS * (len(places) + 1),
            env={**os.environ, **_environment()},
        )
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(), "the process took too long"
    if done.returncode == 1 and not done.stdout:
        raise RuntimeError(f"the comparison ended early: {done.stderr.decode()[-2000:]}")
    return done.stdout.decode(), f"the process ended with {done.returncode}"


def _environment() -> dict[str, str]:
    """Small programs are compiled once for all runs."""
    return {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(default_cache() / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }


def _write(root: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        for above in target.relative_to(root).parents:
            if str(above) != ".":
                (root / above / "__init__.py").touch()
