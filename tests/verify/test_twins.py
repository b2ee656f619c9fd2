"""Networks with the same leaves: built in another order they are a doubt, never a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.verify.api import Report, Request, verify
from migrate.verify.errors import VerifyError
from migrate.verify.request import read_networks
from tests.verify.planting import PROGRAMS, plant, source

FIRST = "    first, first_optimizer = make(0, 1e-2)\n"
SECOND = "    second, second_optimizer = make(1, 2e-2)\n"
SWAPPED = (FIRST + SECOND, SECOND + FIRST)
FAULT = ("0.5 * other(x)", "0.4 * other(x)")


def run(kept: Path, folder: Path, *edits: tuple[str, str], leaf_map: str = "") -> Report:
    after = folder / "nnx.py"
    after.write_text(plant(source("twins", "nnx"), *edits), encoding="utf-8")
    keep = kept / "twins"
    keep.mkdir(exist_ok=True)
    path = folder / "map.toml"
    path.write_text(leaf_map, encoding="utf-8")
    given = path if leaf_map else None
    before = PROGRAMS / "twins" / "linen.py"
    return verify(Request(before, after, leaf_map=given, verdict_only=True), keep=keep)


@pytest.mark.parametrize(
    ("edits", "leaf_map", "verdict", "words"),
    [
        pytest.param((), "", "pass", "identical bits", id="same-order"),
        pytest.param((SWAPPED,), "", "inconclusive", "networks = [1, 0] in the leaf map", id="other-order"),
        pytest.param((SWAPPED,), "networks = [1, 0]", "pass", "identical bits", id="order-given"),
        pytest.param((SWAPPED, FAULT), "", "fail", "differs first in step 1", id="other-order-and-fault"),
    ],
)
def test_order(
    edits: tuple[tuple[str, str], ...],
    leaf_map: str,
    verdict: str,
    words: str,
    kept: Path,
    tmp_path: Path,
) -> None:
    report = run(kept, tmp_path, *edits, leaf_map=leaf_map)
    assert report.verdict == verdict, report.message
    assert words in report.message


@pytest.mark.parametrize("text", ["networks = [1]", "networks = [0, 0]", "networks = [0, 2]"])
def test_bad_order(text: str, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VerifyError, match="each number from 0 once"):
        read_networks(path)
