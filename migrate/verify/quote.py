"""What stands on the lines that a report points at, as a migrated copy is gone when it is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrate.verify.report import Report


def quoted(report: Report) -> Report:
    """Add the code of both lines to the first divergence."""
    found = report.first_divergence
    if found is None:
        return report
    before, after = _code(found.before_line), _code(found.after_line)
    return replace(report, first_divergence=replace(found, before_code=before, after_code=after))


def _code(place: str) -> str:
    """The line at `file:line` without its indentation, empty if it cannot be read."""
    name, _, number = place.rpartition(":")
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    index = int(number) - 1
    return lines[index].strip() if 0 <= index < len(lines) else ""
