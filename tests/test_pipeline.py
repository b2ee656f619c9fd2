"""From texts to findings, around a stand-in for the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from migrate.containment import migrate_contained
from migrate.pipeline import run
from migrate.result import Importer, Options, Result
from tests import engines

GOOD = "import flax\noldword = 1\n"


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    engines.install(monkeypatch)


def codes(result: Result) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.line, finding.code) for finding in result.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("MANUAL = 1\n", [("a.py", 1, "LNX204")], id="reported"),
        pytest.param("MANUAL = 1  # noqa: LNX204\n", [], id="suppressed"),
        pytest.param(
            "MANUAL = 1  # noqa: LNX101\n", [("a.py", 1, "LNX204"), ("a.py", 1, "LNX903")], id="another code"
        ),
        pytest.param("x = 1  # noqa: LNX204\n", [("a.py", 1, "LNX903")], id="unused"),
        pytest.param("x = 1  # noqa: E501\n", [], id="not ours"),
        pytest.param("# linen2nnx: ignore-file\nMANUAL = oldword = 1\n", [], id="ignored file"),
        pytest.param("# linen2nnx: ignore-file\nx = 1\n", [("a.py", 1, "LNX903")], id="unused ignore-file"),
        pytest.param("x = (\n", [("a.py", 1, "LNX901")], id="syntax error"),
        pytest.param("x = 1\0", [("a.py", 1, "LNX901")], id="null byte"),
        pytest.param(f"x = {'(' * 5000}1{')' * 5000}", [("a.py", 1, "LNX901")], id="too deep"),
        pytest.param("", [], id="empty"),
    ],
)
def test_findings(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert codes(run({"a.py": text}, Options())) == expected


def test_an_ignored_file_is_not_changed() -> None:
    result = run({"a.py": f"# linen2nnx: ignore-file\n{GOOD}"}, Options())
    assert (result.changed, result.components) == ({}, ())


def test_unselected_suppressions_are_not_called_unused() -> None:
    assert codes(run({"a.py": "x = 1  # noqa: LNX204\n"}, Options(ignore=("LNX9",)))) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        pytest.param("BOOM = 1\n", "internal error (RuntimeError: boom at engines.py:", id="raises"),
        pytest.param("oldword = SPOIL\n", "is not valid Python", id="spoils the text"),
        pytest.param("print(oldword)\n", "reads `newword`, which nothing binds", id="loses a name"),
    ],
)
def test_one_bad_file_costs_only_itself(bad: str, message: str) -> None:
    sources = {f"{name}.py": GOOD for name in "abcde"} | {"bad.py": bad}
    result = run(sources, Options(select=("LNX2",)))
    assert codes(result) == [("bad.py", 1, "LNX902")]
    assert message in result.findings[0].message
    assert sorted(result.changed) == ["a.py", "b.py", "c.py", "d.py", "e.py"]
    assert result.sites["apply_gradients"].migrated == 5


def test_files_that_are_bad_only_together_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def together(sources: Mapping[str, str], options: Options) -> Result:
        if {"b.py", "c.py"} <= sources.keys():
            raise RuntimeError("boom")
        return engines.renaming(sources, options)

    engines.install(monkeypatch, together)
    result = run({f"{name}.py": GOOD for name in "abcd"}, Options(select=("LNX9",)))
    assert codes(result) == [(f"{name}.py", 1, "LNX902") for name in "abcd"]
    assert not result.changed


def test_two_bad_files_cost_only_themselves() -> None:
    sources = {f"{name}.py": GOOD for name in "acd"} | {"b.py": "BOOM = 1\n", "e.py": "oldword = SPOIL\n"}
    result = run(sources, Options(select=("LNX9",)))
    assert codes(result) == [("b.py", 1, "LNX902"), ("e.py", 1, "LNX902")]
    assert sorted(result.changed) == ["a.py", "c.py", "d.py"]


def test_a_panic_is_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    def panic(sources: Mapping[str, str], options: Options) -> Result:
        raise Panic("the parser panicked")

    engines.install(monkeypatch, panic)
    assert codes(migrate_contained({"a.py": GOOD}, Options())) == [("a.py", 1, "LNX902")]


def test_an_interrupt_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(sources: Mapping[str, str], options: Options) -> Result:
        raise KeyboardInterrupt

    engines.install(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        migrate_contained({"a.py": GOOD}, Options())


def test_files_that_others_import_are_known_to_the_engine() -> None:
    asked: list[list[str]] = []

    def importers(paths: Iterable[str]) -> Mapping[str, tuple[Importer, ...]]:
        asked.append(sorted(paths))
        return {"a.py": (Importer("other.py", 1, ("oldword",)),)}

    result = run({"a.py": GOOD, "b.py": GOOD}, Options(), importers)
    assert asked == [["a.py", "b.py"]]
    assert list(result.changed) == ["b.py"]
    assert [component.status for component in result.components] == ["untouched", "migrated"]


def test_warnings_of_the_texts_are_not_ours(recwarn: pytest.WarningsRecorder) -> None:
    run({"a.py": "import flax\noldword = '\\d'\n"}, Options())
    assert not recwarn.list
