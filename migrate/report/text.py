"""Findings and the closing summary, for people."""

from __future__ import annotations

from collections import Counter

from migrate.report.counts import FileCounts
from migrate.result import Component, Finding, Result


def findings_text(findings: tuple[Finding, ...]) -> str:
    """Return one clickable line a finding: `path:line:column: CODE message`."""
    return "".join(f"{f.path}:{f.line}:{f.column}: {f.code} {f.message}\n" for f in findings)


def summary_text(files: FileCounts, result: Result, changed: str, migrated: str) -> str:
    """Return the files and the coverage in two lines; `changed` and `migrated` are the verbs to use."""
    parts = [f"{_count(files.scanned, 'file')} scanned", f"{files.relevant} with Flax"]
    parts += [f"{files.changed} {changed}"] if changed else []
    parts += [f"{files.failed} failed"] if files.failed else []
    return f"{', '.join(parts)}\n{_coverage(result.components, migrated)}"


def _coverage(components: tuple[Component, ...], migrated: str) -> str:
    if not components:
        return ""
    by_status = Counter(component.status for component in components)
    whole = f"{by_status['migrated']} of {_count(len(components), 'training component')} {migrated}"
    parts = [whole]
    if by_status["bridged"]:
        parts.append(f"{by_status['bridged']} bridged")
    if untouched := by_status["untouched"]:
        parts.append(f"{untouched} {'needs' if untouched == 1 else 'need'} you{_blocking_codes(components)}")
    return f"{', '.join(parts)}\n"


def _blocking_codes(components: tuple[Component, ...]) -> str:
    """Name the codes that block, the commonest first, each counted once a component."""
    counts: Counter[str] = Counter()
    for component in components:
        if component.status == "untouched":
            counts.update({blocker.code for blocker in component.blockers})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [code if count == 1 else f"{code} x{count}" for code, count in ordered]
    return f" ({', '.join(shown)})" if shown else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
