"""What the tests of verify share, and the power of verify, printed at the end of a run that measured it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the recorded before programs stay, so that each runs once a session."""
    return tmp_path_factory.mktemp("kept")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Kill rate, causes named and false alarms, from the properties that the tests recorded."""
    counts: Counter[tuple[str, bool]] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                counts.update((name, bool(value)) for name, value in report.user_properties)
    for name, text in (("killed", "faults found"), ("cause", "causes right"), ("alarm", "false alarms")):
        yes, total = counts[name, True], counts[name, True] + counts[name, False]
        if total:
            terminalreporter.write_line(f"verify: {text}: {yes} of {total} ({yes / total:.1%})")
