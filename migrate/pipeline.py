"""From texts to the result that a command reports: syntax, engine, suppressions, selection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from migrate.containment import migrate_contained
from migrate.result import Finding, Importer, Options, Result
from migrate.selection import is_selected
from migrate.suppressions import Suppressions, parse_suppressions
from migrate.syntax import syntax_finding

Importers = Callable[[Iterable[str]], Mapping[str, tuple[Importer, ...]]]
"""Given paths, tell which lines of other files import them."""

_NONE = Suppressions()


def run(sources: Mapping[str, str], options: Options, importers: Importers | None = None) -> Result:
    """Migrate `sources`, a map from path to text, and return what is left to say about them.

    The engine runs a second time if what it changed is imported elsewhere, now knowing by whom.
    """
    broken = tuple(f for path, text in sources.items() if (f := syntax_finding(path, text)))
    bad = {finding.path for finding in broken}
    readable = {path: text for path, text in sources.items() if path not in bad}
    result = migrate_contained(readable, options)
    if importers and result.shared and (imported_by := importers(result.shared)):
        result = migrate_contained(readable, replace(options, imported_by=imported_by))
    suppressions = {path: parse_suppressions(text) for path, text in readable.items()}
    quiet = _without_ignored_files(result, suppressions)
    kept = (*broken, *_unsuppressed(quiet.findings, suppressions), *_unused(result.findings, suppressions))
    return replace(quiet, findings=in_order(f for f in set(kept) if is_selected(f.code, options)))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by place, then by code."""
    return tuple(sorted(findings, key=lambda f: (f.path, f.line, f.column, f.code, f.message)))


def _without_ignored_files(result: Result, suppressions: Mapping[str, Suppressions]) -> Result:
    ignored = {path for path, found in suppressions.items() if found.ignore_file}
    return replace(
        result,
        changed={path: text for path, text in result.changed.items() if path not in ignored},
        components=tuple(each for each in result.components if each.path not in ignored),
    )


def _unsuppressed(findings: Iterable[Finding], suppressions: Mapping[str, Suppressions]) -> Iterator[Finding]:
    for finding in findings:
        if not suppressions.get(finding.path, _NONE).covers(finding.line, finding.code):
            yield finding


def _unused(findings: tuple[Finding, ...], suppressions: Mapping[str, Suppressions]) -> Iterator[Finding]:
    """Yield LNX903 for each suppression without a finding to silence."""
    for path, found in suppressions.items():
        here = [finding for finding in findings if finding.path == path]
        for noqa in found.noqa:
            if not any(noqa.covers(finding.line, finding.code) for finding in here):
                message = f"unused suppression: nothing here is reported as {noqa.code}; remove the code"
                yield Finding(path, noqa.line, noqa.column, "LNX903", message)
        if found.ignore_file and not here:
            message = "unused suppression: nothing in this file is reported; remove the comment"
            yield Finding(path, *found.ignore_file, "LNX903", message)
