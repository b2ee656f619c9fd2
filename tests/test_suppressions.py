"""Comments that silence findings."""

from __future__ import annotations

import pytest

from migrate.suppressions import Suppressions, parse_suppressions


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("x = 1  # noqa: LNX101\n", ["LNX101"], id="one code"),
        pytest.param("x = 1  # noqa: LNX101, NNX501\n", ["LNX101", "NNX501"], id="two codes"),
        pytest.param("x = 1  # noqa: LNX101 NNX501\n", ["LNX101", "NNX501"], id="separated by a space"),
        pytest.param("x = 1  #noqa:lnx101\n", ["LNX101"], id="no spaces, lower case"),
        pytest.param("x = 1  # noqa: E501, LNX101\n", ["LNX101"], id="beside another tool's code"),
        pytest.param("x = 1  # noqa: LNX101 because of LNX102\n", ["LNX101"], id="codes in the reason"),
        pytest.param("x = 1  # type: ignore  # noqa: LNX101\n", ["LNX101"], id="second comment on the line"),
        pytest.param("x = 1  # noqa: E501\n", [], id="another tool's code only"),
        pytest.param("x = 1  # noqa\n", [], id="blanket"),
        pytest.param("x = '# noqa: LNX101'\n", [], id="in a string"),
        pytest.param('"""\n# noqa: LNX101\n"""\n', [], id="in a docstring"),
        pytest.param("x = 1  # noqa: LNX1\n", [], id="prefix"),
        pytest.param("x = 1", [], id="no comment"),
    ],
)
def test_codes(text: str, codes: list[str]) -> None:
    assert [noqa.code for noqa in parse_suppressions(text).noqa] == codes


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a = 1\nb = 2  # noqa: LNX101\nc = 3\n", [2], id="one line"),
        pytest.param("a = f(\n    1,\n)  # noqa: LNX101\nb = 2\n", [1, 2, 3], id="end of a statement"),
        pytest.param("a = f(  # noqa: LNX101\n    1,\n)\nb = 2\n", [1, 2, 3], id="start of a statement"),
        pytest.param("a = 1\n# noqa: LNX101\nb = 2\n", [2], id="a line of its own"),
        pytest.param("def f():  # noqa: LNX101\n    a = 1\n    return a\n", [1], id="header of a block"),
        pytest.param("if a:\n    b = (1,\n         2)  # noqa: LNX101\n", [2, 3], id="indented"),
        pytest.param("a = 1  # noqa: LNX101", [1], id="no newline at the end"),
        pytest.param("a = 1\r\nb = 2  # noqa: LNX101\r\n", [2], id="CRLF"),
        pytest.param("a = 1\rb = 2  # noqa: LNX101\r", [2], id="CR"),
    ],
)
def test_reach(text: str, lines: list[int]) -> None:
    found = parse_suppressions(text)
    assert [line for line in range(1, 6) if found.covers(line, "LNX101")] == lines
    assert not any(found.covers(line, "LNX102") for line in range(1, 6))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("# linen2nnx: ignore-file\nx = 1\n", (1, 1), id="first line"),
        pytest.param("import flax\n\nx = 1  # linen2nnx: ignore-file\n", (3, 8), id="after a statement"),
        pytest.param("x = '# linen2nnx: ignore-file'\n", None, id="in a string"),
        pytest.param("# linen2nnx: ignore-files\n", None, id="another word"),
    ],
)
def test_ignore_file(text: str, place: tuple[int, int] | None) -> None:
    assert parse_suppressions(text) == Suppressions(ignore_file=place)


def test_ignore_file_covers_everything() -> None:
    assert parse_suppressions("# linen2nnx: ignore-file\n").covers(99, "LNX101")
