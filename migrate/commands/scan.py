"""What `check` and `migrate` share: settings, files, and the result for them."""

from __future__ import annotations

import gc
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import commonpath
from pathlib import Path

from migrate.config import Settings, load_settings
from migrate.errors import UsageError
from migrate.project.discovery import Discovery, Exclusion, discover, is_force_excluded
from migrate.project.reading import Batch, read_batch, read_standard_input
from migrate.report.counts import FileCounts
from migrate.result import Importer, Options, Result
from migrate.selection import FAILURES, is_selected

_KEYS = ("style", "bridge", "select", "ignore", "exclude", "force_exclude", "output_format")


@dataclass(frozen=True)
class Scan:
    """The settings that hold, the files that were read, and what there is to say about them."""

    settings: Settings
    batch: Batch
    result: Result

    @property
    def counts(self) -> FileCounts:
        """The files of this scan, counted for the reports."""
        failed = {finding.path for finding in self.result.findings if finding.code in FAILURES}
        return FileCounts(self.batch.scanned, self.batch.mentioning, len(self.result.changed), len(failed))


def scan(namespace: Namespace, data: bytes) -> Scan:
    """Read the files that are named, `data` for standard input, and find out about them."""
    paths = namespace.paths or ["."]
    place = namespace.stdin_filename or "<stdin>"
    if "-" in paths and len(paths) > 1:
        raise UsageError("- stands alone: it cannot be given together with other paths")
    standard_input = paths == ["-"]
    settings = load_settings(
        _start([place] if standard_input else paths), {key: getattr(namespace, key) for key in _KEYS}
    )
    exclusion = Exclusion(settings.base, settings.exclude, settings.force_exclude)
    if not standard_input:
        batch = read_batch(discover(paths, exclusion))
    elif settings.force_exclude and is_force_excluded(place, exclusion):
        batch = read_batch(Discovery(()))
    else:
        batch = read_standard_input(data, place)
    return _scanned(batch, settings, getattr(namespace, "trace", None))


def _start(paths: Sequence[str]) -> Path:
    """Return the directory that all paths lie in, where the search for pyproject.toml begins."""
    directories = [path if Path(path).is_dir() else str(Path(path).parent) for path in paths]
    return Path(commonpath([str(Path(directory).absolute()) for directory in directories]))


def _scanned(batch: Batch, settings: Settings, trace: str | None) -> Scan:
    """Call the engine, unless nothing mentions Flax: then it is not even imported."""
    options = settings.options
    failures = tuple(f for f in batch.findings if is_selected(f.code, options))
    if not batch.sources:
        return Scan(settings, batch, Result(findings=failures))
    # Syntax trees are many small objects without cycles: collecting less often saves a fifth of parsing.
    gc.set_threshold(100_000, 50, 50)
    from migrate.pipeline import in_order

    options = settings.options
    if trace is not None:
        from migrate.tracing.request import traced

        options = replace(options, traced=traced(trace, batch.sources))
    batch, result = _run(batch, options)
    return Scan(settings, batch, replace(result, findings=in_order((*failures, *result.findings))))


def _run(batch: Batch, options: Options) -> tuple[Batch, Result]:
    """Run the engine, again for as long as files that were named turn out to import what changes."""
    from migrate.pipeline import run
    from migrate.project.neighbours import importers_on_disk

    named = {str(Path(path).resolve()): path for path in (*batch.sources, *batch.others)}
    seen: set[str] = set()

    def importers(changed: Iterable[str]) -> Mapping[str, tuple[Importer, ...]]:
        on_disk = importers_on_disk(changed, named)
        found = {path: tuple(map(as_named, lines)) for path, lines in on_disk.items()}
        seen.update(importer.path for lines in found.values() for importer in lines)
        return found

    def as_named(importer: Importer) -> Importer:
        return replace(importer, path=named.get(str(Path(importer.path).resolve()), importer.path))

    while True:
        result = run(batch.texts, options, importers)
        more = batch.including(seen)
        if more.sources.keys() == batch.sources.keys():
            return batch, result
        batch = more
