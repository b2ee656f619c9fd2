"""Large arrays are recorded as digests, and whole once one of them differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from migrate.verify.measure import distance, magnitude
from migrate.verify.recorder import wire
from migrate.verify.recorder.digest import BLOCK, digest
from migrate.verify.recorder.session import ROOM, Settings, open_session
from migrate.verify.recorder.trees import LARGE
from migrate.verify.recording import load
from tests.verify.planting import compare, plant, source

DRAW = np.random.default_rng(0)
ARRAYS = [
    pytest.param(DRAW.normal(size=(3 * BLOCK + 5,)).astype(np.float32), id="several-blocks"),
    pytest.param(DRAW.normal(size=(7, 9)).astype(np.float16), id="half"),
    pytest.param(DRAW.integers(0, 9, size=(3, 5), dtype=np.uint8), id="bytes"),
    pytest.param(DRAW.normal(size=(4, 4)) + 1j, id="complex"),
]


@pytest.mark.parametrize("array", ARRAYS)
def test_every_changed_bit_is_seen(array: np.ndarray) -> None:  # type: ignore[type-arg]
    same = digest(array)
    assert distance(same, digest(array.copy().reshape(-1))).same_bits
    for at in (0, array.nbytes // 2, array.nbytes - 1):
        raw = bytearray(array.tobytes())
        raw[at] ^= 0x80
        other = np.frombuffer(bytes(raw), array.dtype).reshape(array.shape)
        assert not distance(same, digest(other)).same_bits


def test_two_flipped_signs_do_not_cancel() -> None:
    array = np.ones(4 * BLOCK, np.float32)
    for at in (1, 2, BLOCK, 2 * BLOCK):
        other = array.copy()
        other[[0, at]] *= -1
        assert not distance(digest(array), digest(other)).same_bits


@pytest.mark.parametrize(
    ("values", "largest"),
    [
        pytest.param([1.0, -3.0], 3.0, id="negative"),
        pytest.param([], 0.0, id="empty"),
        pytest.param([0.0, -0.0], 0.0, id="zeros"),
    ],
)
def test_magnitude_of_a_digest(values: list[float], largest: float) -> None:
    assert magnitude([digest(np.array(values, np.float32))]) == largest


def test_digest_survives_the_file(tmp_path: Path) -> None:
    array, small = np.arange(9.0), np.arange(3.0)
    with (tmp_path / "events").open("wb") as stream:
        wire.append(stream, {"kind": "x"}, [("g", ("a",), array), ("g", ("b",), small)], above=3)
    (record,) = wire.records(tmp_path / "events")
    assert record.signature("g") == {("a",): ((9,), "float64"), ("b",): ((3,), "float64")}
    assert distance(record.group("g")["a",], digest(array)).same_bits
    assert np.array_equal(record.group("g")["b",], small)


WIDE = [("hidden=8", "hidden=4096")]


def _wide(side: str, *edits: tuple[str, str]) -> str:
    return plant(source("mlp", side), *WIDE, *edits)


def test_large_model_is_bitwise_equal_by_digests(tmp_path: Path) -> None:
    report = compare(tmp_path, _wide("linen"), _wide("nnx"), steps=3)
    assert (report.verdict, report.grade) == ("pass", "bitwise"), report.message


def test_fault_in_a_large_model_is_measured(tmp_path: Path) -> None:
    report = compare(tmp_path, _wide("linen"), _wide("nnx", ("adam(1e-2)", "adam(2e-2)")), steps=3)
    found = report.first_divergence
    assert found is not None
    assert (report.verdict, found.step, found.phase) == ("fail", 1, "update")
    assert found.max_rel is not None and 0 < found.max_rel < 1
    assert report.causes[0].code == "learning-rate"


def test_events_after_the_first_digest_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "events"
    with file.open("wb") as stream:
        for size in (2, 9, 2):
            wire.append(stream, {"kind": "update"}, [("g", ("a",), np.ones(size))], above=3)
        wire.append(stream, {"kind": "end", "reason": "steps"}, [])
    run = load(file)
    assert run.digested
    part = run.exact_part()
    assert [event.kind for event in part.events] == ["update", "end"]
    assert not part.digested


def test_arrays_are_digested_once_the_room_is_used_up(tmp_path: Path) -> None:
    session = open_session(Settings("program.py", str(tmp_path / "events"), exact=True))
    for kept in (0, ROOM + 1):
        session.written = kept
        session.write({"kind": "layer"}, [("out", (), np.ones(LARGE + 1))])
        session.write({"kind": "init"}, [("variables", (), np.ones(LARGE + 1))])
    session.end({"reason": "steps"})
    written = [[leaf.digested for leaf in event.leaves] for event in wire.records(tmp_path / "events")]
    assert written == [[False], [False], [True], [False], []]
