"""One project migrated in one style, and what came of it in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from benchmarks.corpus.faults import Fault, faults
from benchmarks.corpus.linen_code import Place, module_classes, training_calls, training_names
from benchmarks.corpus.project import Project
from migrate.pipeline import run
from migrate.result import Component, Finding, Options, Result, Style

CRASH = "LNX902"


@dataclass(frozen=True)
class Examination:
    """The outcome for one project in one style."""

    project: Project
    style: Style
    result: Result
    faults: tuple[Fault, ...]

    @cached_property
    def training(self) -> tuple[Component, ...]:
        """The components that reach into a definition that trains, or whose modules it mentions."""
        calls = training_calls(self.project.sources)
        names = training_names(self.project.sources)
        spans = {(call.path, line) for call in calls for line in range(call.first, call.last + 1)}
        inside = {f.component for f in self.result.findings if (f.path, f.line) in spans}
        return tuple(
            each
            for each in self.result.components
            if each.id in inside
            or not names.isdisjoint(each.modules)
            or any((f.path, f.line) in spans for f in each.blockers)
        )

    @cached_property
    def silent(self) -> tuple[Place, ...]:
        """Linen code in files about which nothing was said, one place for each file."""
        spoken = {f.path for f in self.result.findings} | {c.path for c in self.result.components}
        places = (*training_calls(self.project.sources), *module_classes(self.project.sources))
        return tuple({p.path: p for p in sorted(places, reverse=True) if p.path not in spoken}.values())

    @property
    def crashes(self) -> tuple[Finding, ...]:
        """The files on which the engine broke."""
        return tuple(finding for finding in self.result.findings if finding.code == CRASH)

    def unfinished(self) -> Iterator[tuple[Finding, ...]]:
        """What is said, file by file, where calls that train are left."""
        for path in {call.path: None for call in training_calls(self.after)}:
            yield tuple(f for f in self.result.findings if f.path == path and f.fix != "automatic")

    @property
    def after(self) -> dict[str, str]:
        """The texts as they are once the changes are written."""
        return {**self.project.sources, **self.result.changed}


def examine(project: Project, style: Style) -> Examination:
    """Migrate all files of a project in one call, as the command does, and look at what was written."""
    options = Options(style=style)
    result = run(project.sources, options, project.importers)
    found = list(faults(project.sources, result.changed))
    if result.changed:
        again = run({**project.sources, **result.changed}, options, project.importers)
        found += [Fault(path, 1, "a second run changes it again") for path in sorted(again.changed)]
    return Examination(project, style, result, tuple(found))


def counts(examination: Examination) -> dict[str, int]:
    """What is shown and kept: components by outcome, Linen code before and after, files and failures."""
    before, after, result = examination.project.sources, examination.after, examination.result
    status = Counter(component.status for component in examination.training)
    return {
        "files": len(before),
        "changed": len(result.changed),
        "components": len(result.components),
        "training": len(examination.training),
        "migrated": status["migrated"],
        "bridged": status["bridged"],
        "untouched": status["untouched"],
        "calls": len(training_calls(before)),
        "calls left": len(training_calls(after)),
        "classes": len(module_classes(before)),
        "classes left": len(module_classes(after)),
        "crashes": len(examination.crashes),
        "silent": len(examination.silent),
        "faults": len(examination.faults),
    }
