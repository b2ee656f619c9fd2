"""Findings and summaries as text."""

from __future__ import annotations

import re

import pytest

from migrate.report.colour import colour_diff, colour_findings
from migrate.report.counts import FileCounts
from migrate.report.text import findings_text, summary_text
from migrate.result import Component, Finding, Result, Status


def component(status: Status, *codes: str) -> Component:
    blockers = tuple(Finding("a.py", line, 1, code, "blocked") for line, code in enumerate(codes, 1))
    return Component("a", "a.py", 1, status, "pair", blockers=blockers)


def test_findings() -> None:
    findings = (Finding("p/a.py", 3, 7, "LNX101", "say [this]"), Finding("b.py", 1, 1, "NNX501", "that"))
    assert findings_text(findings) == "p/a.py:3:7: LNX101 say [this]\nb.py:1:1: NNX501 that\n"


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        pytest.param([], "", id="none"),
        pytest.param([component("migrated")], "1 of 1 training component migrated\n", id="all"),
        pytest.param(
            [component("migrated"), component("bridged")],
            "1 of 2 training components migrated, 1 bridged\n",
            id="bridged",
        ),
        pytest.param(
            [component("migrated"), component("untouched", "LNX204")],
            "1 of 2 training components migrated, 1 needs you (LNX204)\n",
            id="one left",
        ),
        pytest.param(
            [component("untouched", "LNX204", "LNX207", "LNX204"), component("untouched", "LNX207")],
            "0 of 2 training components migrated, 2 need you (LNX207 x2, LNX204)\n",
            id="commonest blocker first, once a component",
        ),
        pytest.param(
            [component("untouched")], "0 of 1 training component migrated, 1 needs you\n", id="no blocker"
        ),
    ],
)
def test_coverage(components: list[Component], expected: str) -> None:
    result = Result(components=tuple(components))
    text = summary_text(FileCounts(3, 2, 1, 0), result, "changed", "migrated")
    assert text == f"3 files scanned, 2 with Flax, 1 changed\n{expected}"


def test_failed_files() -> None:
    text = summary_text(FileCounts(1, 1, 0, 1), Result(), "changed", "migrated")
    assert text == "1 file scanned, 1 with Flax, 0 changed, 1 failed\n"


DIFF = (
    "--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-x = '[red]'\r\n+y\x0c\n \x1b[0m\n\\ No newline at end of file\n"
)


def test_colour_only_adds_escapes() -> None:
    painted = colour_diff(DIFF)
    assert "\x1b[31m-x = '[red]'\x1b[0m\r\n" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == re.sub(r"\x1b\[\d+m", "", DIFF)


def test_coloured_findings() -> None:
    assert colour_findings("a.py:1:1: LNX101 say: so\n") == "\x1b[1ma.py:1:1\x1b[0m: LNX101 say: so\n"
