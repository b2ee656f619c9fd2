"""The report for programs: stable, versioned, documented in docs/cli.md."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

from migrate.report.counts import FileCounts
from migrate.result import Component, Finding, Result

VERSION = 1


def to_json(files: FileCounts, result: Result) -> str:
    """Return the report as indented JSON that ends in a newline."""
    ids = _ids(result.findings)
    report = {
        "version": VERSION,
        "files": asdict(files),
        "components": [_component(component, ids) for component in result.components],
        "findings": [_finding(finding, ids) for finding in result.findings],
        "sites": {name: asdict(count) for name, count in sorted(result.sites.items())},
    }
    return f"{json.dumps(report, indent=2, ensure_ascii=False)}\n"


def _ids(findings: tuple[Finding, ...]) -> dict[Finding, str]:
    """Name each finding by its code and place; a number tells apart those that share both."""
    seen: Counter[str] = Counter()
    ids: dict[Finding, str] = {}
    for finding in findings:
        place = f"{finding.code}:{finding.path}:{finding.line}:{finding.column}"
        seen[place] += 1
        ids[finding] = place if seen[place] == 1 else f"{place}#{seen[place]}"
    return ids


def _finding(finding: Finding, ids: Mapping[Finding, str]) -> dict[str, object]:
    return {
        "id": ids[finding],
        "code": finding.code,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "fix": finding.fix,
        "component": finding.component,
    }


def _component(component: Component, ids: Mapping[Finding, str]) -> dict[str, object]:
    """Blockers that were suppressed or not selected have no id and are left out."""
    return {
        "id": component.id,
        "entry": f"{component.path}:{component.line}",
        "status": component.status,
        "plan": component.plan,
        "modules": list(component.modules),
        "blockers": [ids[blocker] for blocker in component.blockers if blocker in ids],
    }
