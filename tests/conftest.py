"""Of the tests marked `corpus` a run takes a sample; `--corpus` takes all of them."""

from __future__ import annotations

import pytest

SAMPLE = 6


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag for the heavy runs."""
    parser.addoption("--corpus", action="store_true", help="run every test marked corpus, not one in six")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect all but every sixth heavy test, the same ones each time."""
    if config.getoption("--corpus"):
        return
    heavy = [item for item in items if item.get_closest_marker("corpus")]
    left_out = {item for number, item in enumerate(heavy) if number % SAMPLE}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]
