"""The line that shows how far things are: on terminals only, and gone in the end."""

from __future__ import annotations

import io

import pytest

from migrate.progress import progress_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _screen(written: str) -> str:
    """What a terminal shows of one line that was written over."""
    line: list[str] = []
    at = 0
    for character in written:
        if character == "\r":
            at = 0
        else:
            line[at : at + 1] = [character]
            at += 1
    return "".join(line).rstrip()


def test_later_text_replaces_earlier_text() -> None:
    stream = Terminal()
    with progress_line(stream) as line:
        line.show("a long text")
        line.show("short")
        assert _screen(stream.getvalue()) == "short"
    assert _screen(stream.getvalue()) == ""


def test_the_line_is_cleared_after_an_error() -> None:
    stream = Terminal()
    with pytest.raises(KeyboardInterrupt), progress_line(stream) as line:
        line.show("text")
        raise KeyboardInterrupt
    assert _screen(stream.getvalue()) == ""


def test_a_file_gets_nothing() -> None:
    stream = io.StringIO()
    with progress_line(stream) as line:
        line.show("text")
    assert stream.getvalue() == ""


def test_text_is_cut_to_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    stream = Terminal()
    with progress_line(stream) as line:
        line.show("x" * 40)
        assert _screen(stream.getvalue()) == "x" * 9
