"""The after program without graph updates, and the pace of both programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate.verify.api import Report, Request
from migrate.verify.forward import FLAG, look_forward, sentence
from migrate.verify.pace import traces_per_step
from migrate.verify.recorder import wire
from migrate.verify.recording import Recording, load
from migrate.verify.report import ForwardLook
from migrate.verify.report_html import render_html
from migrate.verify.report_json import to_json
from migrate.verify.report_text import render
from migrate.verify.runner import Runner
from tests.verify.planting import compare, plant, source

INIT = "        self.Dense_0 ="
COUNTED = (
    (INIT, "        self.count = 0\n" + INIT),
    ("        x = nnx.relu", "        self.count += 1\n        x = nnx.relu"),
)
WARMED = (
    (INIT, "        self.warm = False\n" + INIT),
    ("    loss, grads", "    model.warm = True\n    loss, grads"),
    ("        print", "        x = x if model.warm else x + 1\n        print"),
)


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("looked")
    return compare(folder, source("mlp", "linen"), source("mlp", "nnx"), verdict_only=False)


def test_same_bits_and_no_trace_after_warm_up(looked: Report) -> None:
    assert looked.forward == ForwardLook("same", "gives the same bits", 0.0, 0.0)


def test_step_times_are_those_of_runs_without_recording(looked: Report) -> None:
    times = looked.step_time
    assert times.before is not None and times.after is not None
    assert 0 < times.before < 1 and 0 < times.after < 1
    assert times.ratio == times.after / times.before


def test_every_report_shows_both(looked: Report) -> None:
    look = f"with {FLAG}=false: same: gives the same bits, 0 traces per step (0 without the flag)"
    assert look in render(looked)
    assert "step time: " in render(looked)
    document = json.loads(json.dumps(to_json(looked)))
    assert document["forward"] == {
        "outcome": "same",
        "message": "gives the same bits",
        "traces_now": 0.0,
        "traces": 0.0,
    }
    assert document["step_time"]["ratio"] > 0
    page = render_html(looked)
    assert f"<th>with {FLAG}=false</th>" in page and "<th>step time</th>" in page


@pytest.mark.parametrize(
    ("case", "edits", "outcome", "words"),
    [
        pytest.param("mlp", COUNTED, "same", "0 traces per step (1 without", id="traced-anew-today"),
        pytest.param("mlp", WARMED, "differs", "differs first in step 2", id="an-attribute-stays-as-it-was"),
        pytest.param(
            "transformer",
            (),
            "fails",
            "crashed with TypeError in step 1 (",
            id="random-streams-inside-the-gradient",
        ),
    ],
)
def test_the_look_never_decides(
    case: str, edits: tuple[tuple[str, str], ...], outcome: str, words: str, tmp_path: Path
) -> None:
    after = plant(source(case, "nnx"), *edits)
    report = compare(tmp_path, source(case, "linen"), after, verdict_only=False)
    assert report.verdict == "pass", report.message
    assert report.forward is not None
    assert (report.forward.outcome, words in sentence(report.forward)) == (outcome, True), report.forward


def _started(folder: Path, graph_updates: bool | None) -> Recording:
    with (folder / "events").open("wb") as stream:
        wire.append(stream, {"kind": "start", "graph_updates": graph_updates}, [])
    return load(folder / "events")


@pytest.mark.parametrize(
    ("graph_updates", "words"),
    [
        pytest.param(None, f"does not know {FLAG}", id="older-flax"),
        pytest.param(False, f"{FLAG} is off already", id="off-already"),
    ],
)
def test_skipped_with_a_reason(graph_updates: bool | None, words: str, tmp_path: Path) -> None:
    runner = Runner(Request(tmp_path, tmp_path), tmp_path, tmp_path)
    look = look_forward(runner, tmp_path, _started(tmp_path, graph_updates))
    assert look.outcome == "skipped"
    assert words in sentence(look)


def test_traces_count_from_the_third_step_on(tmp_path: Path) -> None:
    with (tmp_path / "events").open("wb") as stream:
        for traces in (5, 9, 9, 10, 11):
            header = {"kind": "update", "segment": 0, "optimizer": "adam", "traces": traces}
            wire.append(stream, header, [])
    assert traces_per_step(load(tmp_path / "events")) == 1.0


def test_a_trace_in_every_step_is_said() -> None:
    look = ForwardLook("same", "gives the same bits", 0.0, 1.0)
    assert "functions are traced anew in every step" in sentence(look)
    assert "anew" not in sentence(ForwardLook("same", "gives the same bits", 0.0, 0.0))
