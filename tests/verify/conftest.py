"""What the tests of verify share, and the power of verify, printed at the end of a run that measured it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Programs that differ in one line share what jax has compiled."""
    folder = str(tmp_path_factory.mktemp("compiled"))
    with patch.dict(os.environ, {"JAX_COMPILATION_CACHE_DIR": folder, **CACHE}):
        yield


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
