"""`linen2nnx migrate`: print the rewrite as a diff, or write it."""

from __future__ import annotations

from argparse import Namespace

from migrate.commands.outcome import Outcome
from migrate.commands.scan import Scan, scan
from migrate.errors import UsageError
from migrate.report.text import findings_text, summary_text
from migrate.result import Finding, Result


def migrate(namespace: Namespace, data: bytes, colour: bool) -> Outcome:
    """Print diffs and what is left to do by hand, or write with --write (`-`: to standard output)."""
    done = scan(namespace, data)
    to_stdout = namespace.write and namespace.paths == ["-"]
    if namespace.write and not to_stdout:
        _write(done, namespace.allow_dirty)
    if namespace.path_map is not None:
        _write_path_map(namespace.path_map, done.result)
    summary = summary_text(
        done.counts,
        done.result,
        "changed" if namespace.write else "would change",
        "migrated" if namespace.write else "can be migrated",
    )
    code = 0 if namespace.exit_zero else _exit_code(namespace, done.result)
    err = "" if namespace.quiet else summary
    if to_stdout:
        return Outcome(code, err=_findings(done, False) + err, data=_rewritten_input(done, data))
    return Outcome(code, _report(namespace, done, colour), err)


def _exit_code(namespace: Namespace, result: Result) -> int:
    """With --write, changed files are work done; without, or when asked, they are news."""
    changes_count = not namespace.write or namespace.exit_non_zero_on_fix
    return 1 if remaining(result) or (result.changed and changes_count) else 0


def remaining(result: Result) -> tuple[Finding, ...]:
    """Return the findings that the rewrite does not settle by itself; wrapped modules remain to be seen."""
    migrated = {component.id for component in result.components if component.status != "untouched"}
    return tuple(finding for finding in result.findings if not _is_settled(finding, result, migrated))


def _is_settled(finding: Finding, result: Result, migrated: set[str]) -> bool:
    if finding.fix != "automatic" or finding.path not in result.changed:
        return False
    return finding.component is None or finding.component in migrated


def _write(done: Scan, allow_dirty: bool) -> None:
    if not done.result.changed:
        return
    from migrate.project.git import uncommitted
    from migrate.project.writing import write_all

    if not allow_dirty and (dirty := uncommitted(done.result.changed)):
        names = ", ".join(dirty)
        raise UsageError(f"uncommitted changes in {names}; commit them, or add --allow-dirty to write anyway")
    write_all(done.result.changed, done.batch.sources)


def _write_path_map(file: str, result: Result) -> None:
    from pathlib import Path

    from migrate.report.path_map import write_path_map

    write_path_map(Path(file), dict(pair for component in result.components for pair in component.paths))


def _rewritten_input(done: Scan, data: bytes) -> bytes:
    """Return the new bytes of standard input, or the old ones where nothing changes."""
    for path, text in done.result.changed.items():
        return done.batch.sources[path].encode(text)
    return data


def _report(namespace: Namespace, done: Scan, colour: bool) -> str:
    if done.settings.output_format == "json":
        from migrate.report.json_report import to_json

        return to_json(done.counts, done.result)
    diffs = "" if namespace.write and not namespace.diff else _diffs(done, colour)
    return diffs + _findings(done, colour)


def _diffs(done: Scan, colour: bool) -> str:
    if not done.result.changed:
        return ""
    from migrate.report.diff import all_diffs

    diffs = all_diffs(done.batch.texts, done.result.changed)
    if colour:
        from migrate.report.colour import colour_diff

        return colour_diff(diffs)
    return diffs


def _findings(done: Scan, colour: bool) -> str:
    text = findings_text(remaining(done.result))
    if colour:
        from migrate.report.colour import colour_findings

        return colour_findings(text)
    return text
