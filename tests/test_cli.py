"""The command line, around a stand-in for the engine."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from migrate.cli import main
from tests import engines
from tests.project.trees import make_repository, make_tree

EASY = "import flax\noldword = 1\n"
NEW = "import flax\nnewword = 1\n"
HARD = "import flax\nMANUAL = 1\n"
BROKEN = "import flax\nx = (\n"
CLEAN = "import jax\n"
DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n import flax\n-oldword = 1\n+newword = 1\n"
EASY_FINDING = "a.py:2:1: LNX001 the word on line 2\n"
HARD_FINDING = "a.py:2:1: LNX204 the word on line 2\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    engines.install(monkeypatch)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "arguments", "code", "out"),
    [
        pytest.param(CLEAN, [], 0, "", id="no Flax"),
        pytest.param("", [], 0, "", id="empty file"),
        pytest.param(NEW, [], 0, "", id="nothing to report"),
        pytest.param(EASY, [], 1, EASY_FINDING, id="a finding"),
        pytest.param(EASY, ["--exit-zero"], 0, EASY_FINDING, id="exit zero"),
        pytest.param(EASY, ["--ignore", "LNX0"], 1, "", id="ignored, but migrate would change it"),
        pytest.param(HARD, ["--select", "LNX1,LNX3"], 0, "", id="not selected"),
        pytest.param(
            BROKEN,
            ["--select", "LNX1"],
            1,
            "a.py:2:5: LNX901 cannot read this file: not valid Python 3.{minor}: '(' was never closed; "
            "it is left as it is\n",
            id="syntax error",
        ),
    ],
)
def test_check(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], code: int, out: str
) -> None:
    make_tree(root, {"a.py": text})
    minor = __import__("sys").version_info.minor
    assert main(["check", "a.py", *arguments]) == code
    assert capsys.readouterr().out == out.replace("{minor}", str(minor))
    assert (root / "a.py").read_text() == text


@pytest.mark.parametrize(
    ("text", "arguments", "code", "out"),
    [
        pytest.param(EASY, [], 1, DIFF, id="diff"),
        pytest.param(EASY, ["--diff"], 1, DIFF, id="diff asked for"),
        pytest.param(EASY, ["--exit-zero"], 0, DIFF, id="exit zero"),
        pytest.param(HARD, [], 1, HARD_FINDING, id="only by hand"),
        pytest.param(NEW, [], 0, "", id="nothing to do"),
    ],
)
def test_migrate_writes_nothing_by_itself(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], code: int, out: str
) -> None:
    make_tree(root, {"a.py": text})
    assert main(["migrate", "a.py", *arguments]) == code
    assert capsys.readouterr().out == out
    assert (root / "a.py").read_text() == text


@pytest.mark.parametrize(
    ("text", "arguments", "code", "out", "written"),
    [
        pytest.param(EASY, [], 0, "", NEW, id="all done"),
        pytest.param(EASY, ["--diff"], 0, DIFF, NEW, id="with the diff"),
        pytest.param(EASY, ["--exit-non-zero-on-fix"], 1, "", NEW, id="as pre-commit wants it"),
        pytest.param(
            EASY + "MANUAL = 2\n", [], 1, HARD_FINDING.replace("2", "3", 1), None, id="some by hand"
        ),
        pytest.param(NEW, ["--exit-non-zero-on-fix"], 0, "", NEW, id="nothing to do"),
    ],
)
def test_migrate_write(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: list[str],
    code: int,
    out: str,
    written: str | None,
) -> None:
    make_tree(root, {"a.py": text})
    assert main(["migrate", "--write", "a.py", *arguments]) == code
    printed = capsys.readouterr().out
    assert printed == (out if written else "a.py:3:1: LNX204 the word on line 3\n")
    assert (root / "a.py").read_text() == (written or text.replace("oldword", "newword"))


def test_a_second_run_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_tree(root, {"a.py": EASY})
    assert [main(["migrate", "--write", "."]) for _ in range(2)] == [0, 0]
    assert "0 changed" in capsys.readouterr().err


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no BOM", "BOM"])
def test_bytes_stay(root: Path, newline: str, mark: bytes) -> None:
    place = root / "a.py"
    place.write_bytes(mark + EASY.replace("\n", newline).encode())
    assert main(["migrate", "--write", "a.py"]) == 0
    assert place.read_bytes() == mark + NEW.replace("\n", newline).encode()


def test_uncommitted_changes_are_safe(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_repository(root, {"a.py": EASY, "b.py": EASY})
    make_tree(root, {"b.py": EASY + "y = 2\n"})
    assert main(["migrate", "--write", "."]) == 2
    assert (
        capsys.readouterr().err
        == "linen2nnx: uncommitted changes in b.py; commit them, or add --allow-dirty to write anyway\n"
    )
    assert (root / "a.py").read_text() == EASY
    assert main(["migrate", "--write", "--allow-dirty", "."]) == 0
    assert (root / "b.py").read_text() == NEW + "y = 2\n"


def test_dirty_files_that_would_not_change_do_not_matter(root: Path) -> None:
    make_repository(root, {"a.py": EASY, "b.py": CLEAN})
    make_tree(root, {"b.py": "import numpy\n"})
    assert main(["migrate", "--write", "."]) == 0


def test_a_file_that_another_imports_is_left(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_tree(root, {"a.py": EASY, "b.py": EASY, "main.py": "import a\n"})
    assert main(["migrate", "a.py", "b.py"]) == 1
    printed = capsys.readouterr()
    assert "+++ b/b.py" in printed.out
    assert "+++ b/a.py" not in printed.out
    assert "1 of 2 training components can be migrated, 1 needs you (LNX290)" in printed.err


def test_one_bad_file_does_not_stop_the_others(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_tree(root, {"a.py": EASY, "b.py": BROKEN, "c.py": "import flax\nBOOM = 1\n", "d.py": CLEAN})
    (root / "e.py").write_bytes(b"flax = '\xff'\n")
    assert main(["migrate", "--write", "."]) == 1
    printed = capsys.readouterr()
    assert [line.split()[1] for line in printed.out.splitlines()] == ["LNX901", "LNX902", "LNX901"]
    assert printed.err.startswith("5 files scanned, 3 with Flax, 1 changed, 3 failed\n")
    assert (root / "a.py").read_text() == NEW


@pytest.mark.parametrize(
    ("arguments", "err"),
    [
        pytest.param(["check", "nope.py"], "linen2nnx: no such file or directory: nope.py\n", id="missing"),
        pytest.param(
            ["check", "empty"],
            "linen2nnx: no Python file in empty; name a file or another directory\n",
            id="nothing there",
        ),
        pytest.param(
            ["check", "-", "a.py"],
            "linen2nnx: - stands alone: it cannot be given together with other paths\n",
            id="standard input and a path",
        ),
        pytest.param(
            ["check", "--select", "E501", "a.py"],
            "linen2nnx: --select: give rule codes or their beginnings, such as LNX1, separated by commas\n",
            id="not our code",
        ),
        pytest.param(
            ["rule", "LNX000"], "linen2nnx: no rule LNX000; `linen2nnx rule` lists them all\n", id="rule"
        ),
    ],
)
def test_wrong_use(root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], err: str) -> None:
    make_tree(root, {"a.py": CLEAN})
    (root / "empty").mkdir()
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", err)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param([], 2, "required: COMMAND", id="no command"),
        pytest.param(["chek"], 2, "invalid choice: 'chek'", id="unknown command"),
        pytest.param(["check", "--no-such"], 2, "unrecognized arguments: --no-such", id="unknown flag"),
        pytest.param(["migrate", "--style", "oop"], 2, "invalid choice: 'oop'", id="unknown style"),
        pytest.param(["--version"], 0, "linen2nnx 0.", id="version"),
        pytest.param(["--help"], 0, "exit codes:", id="help"),
        pytest.param(["check", "--help"], 0, "--stdin-filename", id="help of a command"),
    ],
)
def test_argument_parsing(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert words in printed.out + printed.err


@pytest.mark.parametrize("command", ["check", "migrate"])
def test_json(root: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    make_tree(root, {"a.py": EASY, "b.py": HARD, "c.py": CLEAN})
    assert main([command, "--output-format", "json", "."]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["version"] == 1
    assert report["files"] == {"scanned": 3, "relevant": 2, "changed": 1, "failed": 0}
    assert [finding["id"] for finding in report["findings"]] == ["LNX001:a.py:2:1", "LNX204:b.py:2:1"]


def test_quiet(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_tree(root, {"a.py": EASY})
    assert main(["check", "-q", "a.py"]) == 1
    assert capsys.readouterr() == (EASY_FINDING, "")


def test_configuration(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = '[tool.linen2nnx]\nexclude = ["old/"]\nignore = ["LNX2"]\n'
    make_tree(root, {"pyproject.toml": table, "a.py": HARD, "old/b.py": EASY})
    assert main(["check"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "out"),
    [
        pytest.param(["check", "-"], 1, EASY_FINDING.replace("a.py", "<stdin>"), id="check"),
        pytest.param(["check", "-", "--stdin-filename", "a.py"], 1, EASY_FINDING, id="check, named"),
        pytest.param(["migrate", "-", "--stdin-filename", "a.py"], 1, DIFF, id="diff"),
        pytest.param(["migrate", "--write", "-"], 0, NEW, id="filter"),
        pytest.param(
            ["check", "-", "--stdin-filename", "build/a.py", "--force-exclude"], 0, "", id="excluded"
        ),
        pytest.param(
            ["migrate", "--write", "-", "--stdin-filename", "build/a.py", "--force-exclude"],
            0,
            EASY,
            id="an excluded filter passes its input on",
        ),
    ],
)
def test_standard_input(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    out: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(EASY.encode())))
    assert main(arguments) == code
    assert capsys.readouterr().out == out


def test_colour_only_on_a_terminal(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(root, {"a.py": EASY})
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    main(["migrate", "a.py"])
    assert "\x1b[32m+newword = 1\x1b[0m\n" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["migrate", "a.py"])
    assert capsys.readouterr().out == DIFF


def test_text_that_the_terminal_cannot_show(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(root, {"a.py": EASY.replace("1", "'\u00e9'")})
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    assert main(["migrate", "a.py"]) == 1
    stream.flush()
    assert b"+newword = '\\xe9'\n" in stream.buffer.getvalue()  # type: ignore[attr-defined]
