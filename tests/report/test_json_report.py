"""The report for programs."""

from __future__ import annotations

import json

from migrate.report.counts import FileCounts
from migrate.report.json_report import to_json
from migrate.result import Component, Finding, Result, SiteCount

BLOCKER = Finding("a.py", 9, 5, "LNX204", "état", "manual", "a.py:2")
TWIN = Finding("a.py", 9, 5, "LNX204", "another", "manual", "a.py:2")
SUPPRESSED = Finding("a.py", 12, 5, "LNX205", "silenced", "manual", "a.py:2")


def test_schema() -> None:
    result = Result(
        findings=(BLOCKER, TWIN),
        components=(
            Component("a.py:2", "a.py", 2, "untouched", "pair", ("Net",), (BLOCKER, TWIN, SUPPRESSED)),
        ),
        sites={"nn.Module": SiteCount(2, 0), "apply_gradients": SiteCount(1, 1)},
    )
    text = to_json(FileCounts(4, 3, 2, 1), result)
    common = {
        "code": "LNX204",
        "path": "a.py",
        "line": 9,
        "column": 5,
        "fix": "manual",
        "component": "a.py:2",
    }
    assert json.loads(text) == {
        "version": 1,
        "files": {"scanned": 4, "relevant": 3, "changed": 2, "failed": 1},
        "components": [
            {
                "id": "a.py:2",
                "entry": "a.py:2",
                "status": "untouched",
                "plan": "pair",
                "modules": ["Net"],
                "blockers": ["LNX204:a.py:9:5", "LNX204:a.py:9:5#2"],
            }
        ],
        "findings": [
            {"id": "LNX204:a.py:9:5", "message": "état", **common},
            {"id": "LNX204:a.py:9:5#2", "message": "another", **common},
        ],
        "sites": {"apply_gradients": {"found": 1, "migrated": 1}, "nn.Module": {"found": 2, "migrated": 0}},
    }
    assert text.endswith("}\n")


def test_empty() -> None:
    assert json.loads(to_json(FileCounts(0, 0, 0, 0), Result()))["findings"] == []
