"""The after program goes on with the same bits after a save and a restore in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import Request, verify
from tests.verify.planting import PROGRAMS, plant, source

OUTSIDE = (
    ("        self.Dense_0 =", "        self.count = 0\n        self.Dense_0 ="),
    ("        x = nnx.relu", "        self.count += 1\n        x = nnx.relu"),
)


@pytest.mark.parametrize(
    ("case", "edits", "words"),
    [
        pytest.param("cnn", (), "goes on with the same bits", id="statistics-and-dropout"),
        pytest.param("mlp", OUTSIDE, "attributes that are no Variables", id="plain-attribute"),
        pytest.param("scan", (), "found no compiled function", id="nothing-to-save"),
    ],
)
def test_resume(case: str, edits: tuple[tuple[str, str], ...], words: str, tmp_path: Path) -> None:
    after = tmp_path / "nnx.py"
    after.write_text(plant(source(case, "nnx"), *edits), encoding="utf-8")
    report = verify(Request(PROGRAMS / case / "linen.py", after, steps=4, resume=True, verdict_only=True))
    assert report.verdict == "pass", report.message
    assert any(words in note for note in report.notes), report.notes
