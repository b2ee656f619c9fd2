"""Diffs that can be applied."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.report.diff import all_diffs, diff_body, unified_diff

CHARACTERS = st.sampled_from("ab \t+-@\\\r\n\n\n\x0c\x1c\x85\u2028é[]")
TEXTS = st.lists(CHARACTERS, max_size=30).map("".join)


def apply(diff: str, before: str) -> str:
    """Apply a unified diff the way `patch` does, checking every line that it names."""
    old = re.findall(r"[^\n]*\n|[^\n]+", before)
    new: list[str] = []
    position = 0
    for line in _joined_lines(diff)[2:]:
        if line.startswith("@@"):
            header = re.match(r"@@ -(\d+)(?:,(\d+))? ", line)
            assert header
            start = int(header[1]) - (header[2] != "0")
            new += old[position:start]
            position = start
        elif line[0] == "+":
            new.append(line[1:])
        else:
            assert old[position] == line[1:]
            new += [line[1:]] if line[0] == " " else []
            position += 1
    return "".join(new + old[position:])


def _joined_lines(diff: str) -> list[str]:
    """Split at line feeds, and take the last one off the lines that are marked as having none."""
    lines: list[str] = []
    for line in re.findall(r"[^\n]*\n", diff):
        if line == "\\ No newline at end of file\n":
            lines[-1] = lines[-1][:-1]
        else:
            lines.append(line)
    return lines


@given(TEXTS, TEXTS)
def test_a_diff_applies_back(before: str, after: str) -> None:
    diff = unified_diff("a.py", before, after)
    assert (diff == "") == (before == after)
    assert apply(diff, before) == after if diff else before == after


@given(TEXTS, TEXTS)
def test_a_body_holds_both_texts(before: str, after: str) -> None:
    lines = _joined_lines("--- a\n+++ b\n" + diff_body(before, after))[2:] if before != after else []
    assert "".join(line[1:] for line in lines if line[0] in " -") == (before if lines else "")
    assert "".join(line[1:] for line in lines if line[0] in " +") == (after if lines else "")


@pytest.mark.parametrize(
    ("before", "after", "body"),
    [
        pytest.param("a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n", id="a line"),
        pytest.param(
            "a",
            "b\n",
            "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n",
            id="a newline is added at the end",
        ),
        pytest.param(
            "a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n", id="a newline is taken away"
        ),
        pytest.param("a\r\n", "b\r\n", "@@ -1 +1 @@\n-a\r\n+b\r\n", id="CRLF"),
        pytest.param("a\x0cb\n", "a\x0cc\n", "@@ -1 +1 @@\n-a\x0cb\n+a\x0cc\n", id="form feed"),
        pytest.param("x[int]\n", "y[int]\n", "@@ -1 +1 @@\n-x[int]\n+y[int]\n", id="brackets are not markup"),
    ],
)
def test_text(before: str, after: str, body: str) -> None:
    assert unified_diff("p/a.py", before, after) == f"--- a/p/a.py\n+++ b/p/a.py\n{body}"


def test_names() -> None:
    assert unified_diff("my file.py", "a\n", "b\n").startswith("--- a/my file.py\t\n+++ b/my file.py\t\n")
    assert unified_diff("/tmp/a.py", "a\n", "b\n").startswith("--- a/tmp/a.py\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_git_applies_it(tmp_path: Path, newline: str) -> None:
    before = {name: newline.join(["x = 1", "y = 2", "z = 3"]) for name in ("a.py", "my file.py")}
    after = {name: text.replace("y = 2", f"y = 4{newline}é") + newline for name, text in before.items()}
    for name, text in before.items():
        (tmp_path / name).write_bytes(text.encode())
    diff = all_diffs(before, after).encode()
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff, check=True)
    assert {name: (tmp_path / name).read_bytes().decode() for name in before} == after
