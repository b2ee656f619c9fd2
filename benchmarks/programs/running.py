"""One program before and after its migration, under the recorder of `verify`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.corpus.project import read_project
from benchmarks.programs.catalogue import Program
from migrate.pipeline import run
from migrate.result import Options, Style
from migrate.verify.api import Request, verify
from migrate.verify.runner import Runner

HERE = Path(__file__).parent
PYCACHE = shutil.ignore_patterns("__pycache__")
TIMEOUT = 300.0


@dataclass(frozen=True)
class Outcome:
    """`verdict` is that of verify, `untouched` if no training file changed, `broken` if the driver fails."""

    verdict: str
    detail: str


def compare(program: Program, source: Path, style: Style) -> Outcome:
    """Migrate a copy of the project in `source` and verify it against the original."""
    with tempfile.TemporaryDirectory(prefix="linen2nnx-programs-") as name:
        scratch = Path(name)
        before = lay_out(program, source, scratch / "before")
        request = Request(before, None, steps=program.steps, timeout=TIMEOUT)
        changed = migrated(program, scratch / "before", style)
        if not changed.keys() & set(program.trains):
            return _original(request, scratch)
        after = lay_out(program, source, scratch / "after", changed)
        report = verify(replace(request, after=after))
    detail = report.grade if report.verdict == "pass" else report.message
    return Outcome(report.verdict, detail.replace(f"{name}/", ""))


def migrated(program: Program, root: Path, style: Style) -> dict[str, str]:
    """The files of the project at `root` that its migration changes; what a driver needs is none of them."""
    project = read_project(program.name, root)
    ours = {path.name for path in (HERE / "support").iterdir()} | {program.driver}
    sources = {path: text for path, text in project.sources.items() if path not in ours}
    if program.library:
        sources[program.driver] = project.texts[program.driver]
    texts = {path: text for path, text in project.texts.items() if path not in ours or path in sources}
    project = replace(project, sources=sources, texts=texts)
    return dict(run(sources, Options(style=style), project.importers).changed)


def lay_out(program: Program, source: Path, target: Path, changed: Mapping[str, str] | None = None) -> Path:
    """Copy the project, put its driver into its root, change some files, and return the driver."""
    shutil.copytree(source, target, ignore=PYCACHE)
    shutil.copytree(HERE / "support", target, ignore=PYCACHE, dirs_exist_ok=True)
    driver = Path(shutil.copy(program.path, target / program.driver))
    for path, text in (changed or {}).items():
        (target / path).write_text(text, encoding="utf-8", newline="")
    return driver


def _original(request: Request, scratch: Path) -> Outcome:
    """The program could not be migrated: see at least that its driver trains the original."""
    recording, problem = Runner(request, scratch, scratch).run(request.before, "before")
    if problem is not None:
        return Outcome("broken", f"{problem.message}\n{problem.traceback}".replace(f"{scratch}/", ""))
    updates = sum(len(track.updates) for track in recording.tracks)
    return Outcome("untouched", f"the original takes {updates} steps")
