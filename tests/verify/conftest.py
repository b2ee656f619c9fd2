"""Prints the power of verify at the end of a test run that measured it."""

from __future__ import annotations

from collections import Counter

import pytest


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
