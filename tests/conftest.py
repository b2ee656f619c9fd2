"""Of the tests marked `corpus` a run takes a sample; `--corpus` takes all of them. Time decides no test.

Programs that verify runs are forked from processes that live as long as the run of the tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from migrate.verify.server import serving

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

SAMPLE = 6
CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag for the heavy runs."""
    parser.addoption("--corpus", action="store_true", help="run every test marked corpus, not one in six")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect all but every sixth heavy test, or as the marker's `one_in` says, the same ones each time."""
    if config.getoption("--corpus"):
        return
    heavy: dict[int, list[pytest.Item]] = {}
    for item in items:
        marker = item.get_closest_marker("corpus")
        if marker is not None:
            heavy.setdefault(marker.kwargs.get("one_in", SAMPLE), []).append(item)
    left_out = {item for size, found in heavy.items() for at, item in enumerate(found) if at % size}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def served() -> Iterator[None]:
    """Import jax and flax once for all programs that start alike."""
    with serving():
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Share what jax has compiled for one program with all others."""
    folder = str(tmp_path_factory.mktemp("compiled"))
    with patch.dict(os.environ, {"JAX_COMPILATION_CACHE_DIR": folder, **CACHE}):
        yield
