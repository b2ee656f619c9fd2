"""Every way in which a comparison cannot be made has its own sentence and exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import Request, VerifyError, verify
from tests.verify.planting import compare, plant, source

LINEN, NNX = source("mlp", "linen"), source("mlp", "nnx")
CRASH = (
    "        state, loss = train_step",
    "        if _ == 2: raise RuntimeError('data ran out')\n        state, loss = train_step",
)
CRASH_AFTER = (
    "        loss = train_step",
    "        if _ == 2: raise RuntimeError('data ran out')\n        loss = train_step",
)
NO_CALL = ("    main()\n", "    pass\n")


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        pytest.param(
            plant(LINEN, NO_CALL), NNX, 3, "before.py: never took an optimizer step", id="never-steps"
        ),
        pytest.param(plant(LINEN, CRASH), NNX, 3, "crashed with RuntimeError in step 3", id="before-crashes"),
        pytest.param(
            LINEN,
            plant(NNX, CRASH_AFTER),
            1,
            "after.py: crashed with RuntimeError in step 3",
            id="after-crashes",
        ),
        pytest.param(
            LINEN, plant(NNX, NO_CALL), 1, "after.py: never took an optimizer step", id="after-never-steps"
        ),
        pytest.param(LINEN, LINEN, 1, "never built an nnx.Module", id="no-nnx"),
        pytest.param(
            LINEN,
            plant(NNX, ("hidden=8", "hidden=9")),
            1,
            "the parameter trees differ (only before: Dense_0/bias (8,)",
            id="other-parameter-tree",
        ),
        pytest.param(
            plant(LINEN, ("    rng =", "    input()\n    rng =")), NNX, 3, "reads standard input", id="stdin"
        ),
        pytest.param(
            plant(LINEN, ("    rng =", "    raise SystemExit(2)\n    rng =")),
            NNX,
            3,
            "exited with code 2 before its first step; give its arguments after --",
            id="exits",
        ),
    ],
)
def test_program_at_fault(before: str, after: str, code: int, words: str, tmp_path: Path) -> None:
    report = compare(tmp_path, before, after)
    assert report.exit_code == code
    assert words in report.message
    if "RuntimeError" in words:
        assert report.traceback.rstrip().endswith("RuntimeError: data ran out")
        assert "recorder" not in report.traceback


def test_hanging_program_is_ended(tmp_path: Path) -> None:
    report = compare(tmp_path, "import time\ntime.sleep(600)\n", NNX, timeout=5.0)
    assert report.exit_code == 3
    assert "still running after 5 s" in report.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "no such file", id="missing"),
        pytest.param(b"def f(:\n", "not valid Python", id="syntax-error"),
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"# coding: nonsense\n", "not valid Python", id="encoding"),
        pytest.param(b"x = '\xff'\n", "not valid Python", id="not-utf8"),
    ],
)
def test_file_at_fault(content: bytes | None, words: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(LINEN, encoding="utf-8")
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(VerifyError, match=words) as caught:
        verify(Request(good, bad))
    assert str(bad) in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"steps": 0}, "--steps must be at least 1", id="steps"),
        pytest.param({"python": "/no/such/python"}, "cannot be started", id="interpreter"),
        pytest.param({"after": None}, "needs the migrated program", id="no-after"),
    ],
)
def test_request_at_fault(options: dict[str, object], words: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LINEN, encoding="utf-8")
    with pytest.raises(VerifyError, match=words):
        verify(Request(**{"before": program, "after": program, **options}))  # type: ignore[arg-type]
