"""For a project's own tests: keep the proof until the Linen code is deleted.

Enable the fixture with `pytest_plugins = ["migrate.verify.pytest_plugin"]` in a `conftest.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.verify.api import Report, Request, verify
from migrate.verify.report import Grade
from migrate.verify.report_text import render
from migrate.verify.server import serving

ORDER: tuple[Grade, ...] = ("none", "half", "fp64", "ulp", "bitwise")


def assert_equivalent(
    before: str | Path,
    after: str | Path,
    *,
    at_least: Grade = "fp64",
    keep: Path | None = None,
    **options: Any,
) -> Report:
    """Verify two programs and raise AssertionError with the report unless they are equivalent.

    `at_least` is the weakest grade to accept; `options` are fields of `Request`, such as `steps`,
    `args`, `python` or `timeout`. Raises VerifyError where the request itself is at fault.
    """
    __tracebackhide__ = True
    request = Request(Path(before), Path(after), **{"verdict_only": True, **options})
    report = verify(request, keep=keep)
    if report.verdict != "pass":
        raise AssertionError(render(report))
    if ORDER.index(report.grade) < ORDER.index(at_least):
        raise AssertionError(f"graded {report.grade}, not {at_least} or better\n{render(report)}")
    return report


@pytest.fixture(scope="session")
def equivalent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Report]]:
    """`assert_equivalent`, with each before program recorded once a session for equal options."""
    root = tmp_path_factory.mktemp("linen2nnx")

    def check(before: str | Path, after: str | Path, *, at_least: Grade = "fp64", **options: Any) -> Report:
        __tracebackhide__ = True
        text = Path(before).read_bytes() if Path(before).is_file() else b""
        name = repr((Path(before).resolve(), text, sorted((k, str(v)) for k, v in options.items())))
        keep = root / hashlib.sha1(name.encode()).hexdigest()[:12]
        keep.mkdir(exist_ok=True)
        return assert_equivalent(before, after, at_least=at_least, keep=keep, **options)

    with serving():
        yield check
