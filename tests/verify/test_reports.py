"""The outputs of one failed comparison, and the pytest plug-in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from migrate.verify.api import Report, Request, verify
from migrate.verify.pytest_plugin import assert_equivalent
from migrate.verify.report_json import to_json
from migrate.verify.report_text import render
from tests.verify.planting import PROGRAMS, plant, source

pytest_plugins = ["migrate.verify.pytest_plugin"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def failed(folder: Path) -> Report:
    after = folder / "nnx.py"
    after.write_text(plant(source("mlp", "nnx"), ("nnx.relu", "nnx.gelu")), encoding="utf-8")
    request = Request(PROGRAMS / "mlp" / "linen.py", after, html=folder / "page.html", show_map=True)
    return verify(request)


def test_text_names_place_cause_and_layer(failed: Report) -> None:
    text = render(failed)
    assert "first divergence: step 1, phase forward, loss_fn/Dense_1" in text
    assert re.search(r"before: .*linen\.py:\d+", text)
    assert re.search(r"after: .*nnx\.py:\d+", text)
    assert "probable cause: Dense_1 is given approximate gelu of Dense_0 where it was relu" in text
    assert re.search(r"Dense_1 .*<--- first", text)
    assert "Dense_0/kernel  Dense_0/kernel  (same)" in text


def test_json_is_plain(failed: Report) -> None:
    document = json.loads(json.dumps(to_json(failed), allow_nan=False))
    assert document["verdict"] == "fail"
    assert document["first_divergence"].keys() >= {"step", "phase", "path", "max_abs", "max_rel"}
    assert document["causes"][0]["code"] == "activation"
    assert len(document["leaf_map"]) == 4


class _Tags(HTMLParser):
    """Checks that tags are balanced and collects what would load something from elsewhere."""

    EMPTY = frozenset({"meta", "rect", "circle", "line", "polyline", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.foreign += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.EMPTY

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_whole_and_self_contained(failed: Report, folder: Path) -> None:
    page = (folder / "page.html").read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(page)
    assert (tags.open, tags.foreign) == ([], [])
    for heading in (
        "Losses",
        "Difference by step",
        "Difference by leaf",
        "Layers",
        "Leaf map",
        "Environment",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert "linen2nnx verify" in page


def test_assertion_shows_the_report(folder: Path, failed: Report) -> None:
    with pytest.raises(AssertionError, match="probable cause"):
        assert_equivalent(PROGRAMS / "mlp" / "linen.py", folder / "nnx.py", steps=2)


def test_fixture_returns_the_report(equivalent: Callable[..., Report]) -> None:
    report = equivalent(
        PROGRAMS / "mlp" / "linen.py", PROGRAMS / "mlp" / "nnx.py", steps=2, at_least="bitwise"
    )
    assert report.grade == "bitwise"
