"""Which files a command line means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.project.discovery import Exclusion, discover
from tests.project.trees import make_tree


def found(
    root: Path, paths: Sequence[str] = (".",), patterns: Sequence[str] = (), force: bool = False
) -> list[str]:
    return list(discover(paths, Exclusion(root, tuple(patterns), force)).files)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"b.py": "", "a.py": ""}, ["a.py", "b.py"], id="in order"),
        pytest.param({"a.py": "", "b.txt": "", "c.ipynb": "", "d.pyc": ""}, ["a.py"], id="only Python"),
        pytest.param({"p/q/a.py": "", "p/b.py": ""}, ["p/b.py", "p/q/a.py"], id="nested"),
        pytest.param(
            {"a.py": "", ".venv/x.py": "", "node_modules/x.py": "", "build/x.py": "", "q/.git/x.py": ""},
            ["a.py"],
            id="well-known directories",
        ),
        pytest.param(
            {"a.py": "", ".hidden/b.py": ""}, [".hidden/b.py", "a.py"], id="hidden directories are read"
        ),
        pytest.param({"a.py": "", "b.py": "", ".gitignore": "b.py\n"}, ["a.py"], id="gitignore"),
        pytest.param(
            {".gitignore": "*.py\n!keep.py\n", "a.py": "", "keep.py": ""},
            ["keep.py"],
            id="gitignore negation",
        ),
        pytest.param(
            {".gitignore": "out/\n", "a.py": "", "out/b.py": "", "p/out/c.py": ""},
            ["a.py"],
            id="ignored directory",
        ),
        pytest.param(
            {".gitignore": "/out\n", "out/b.py": "", "p/out/c.py": ""}, ["p/out/c.py"], id="anchored pattern"
        ),
        pytest.param(
            {"p/.gitignore": "b.py\n", "b.py": "", "p/b.py": "", "p/a.py": ""},
            ["b.py", "p/a.py"],
            id="nested gitignore",
        ),
        pytest.param(
            {".gitignore": "b.py\n", "p/.gitignore": "!b.py\n", "b.py": "", "p/b.py": ""},
            ["p/b.py"],
            id="nested gitignore wins",
        ),
        pytest.param(
            {".gitignore": "p/\n", "p/.gitignore": "!b.py\n", "p/b.py": "", "a.py": ""},
            ["a.py"],
            id="nothing comes back from an ignored directory",
        ),
        pytest.param({".gitignore": "\ufeff# note\n\n", "a.py": ""}, ["a.py"], id="gitignore with a BOM"),
    ],
)
def test_directory(root: Path, files: dict[str, str], expected: list[str]) -> None:
    make_tree(root, files)
    assert found(root) == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param(["a.py"], ["a.py"], id="a file"),
        pytest.param(["./p/../a.py"], ["a.py"], id="normalised"),
        pytest.param(["a.py", "./a.py", "."], ["a.py", "p/b.py"], id="each once"),
        pytest.param(["notes.txt"], ["notes.txt"], id="a file with another suffix"),
        pytest.param(["ignored.py"], ["ignored.py"], id="an ignored file"),
        pytest.param([".venv/x.py"], [".venv/x.py"], id="in an excluded directory"),
        pytest.param([".venv"], [".venv/x.py"], id="an excluded directory"),
        pytest.param(["out"], ["out/c.py"], id="an ignored directory"),
        pytest.param(["p/"], ["p/b.py"], id="a directory with a slash"),
    ],
)
def test_named(root: Path, paths: list[str], expected: list[str]) -> None:
    files = ("a.py", "notes.txt", "ignored.py", ".venv/x.py", "out/c.py", "p/b.py")
    make_tree(root, {**dict.fromkeys(files, ""), ".gitignore": "ignored.py\nout/\n", ".git/HEAD": ""})
    assert found(root, paths) == expected


def test_gitignore_above_the_named_directory(root: Path) -> None:
    make_tree(root, {".git/HEAD": "", ".gitignore": "b.py\n", "p/q/a.py": "", "p/q/b.py": ""})
    assert found(root, ["p/q"]) == ["p/q/a.py"]


def test_gitignore_above_the_repository_does_not_count(root: Path) -> None:
    make_tree(root, {".gitignore": "a.py\n", "p/.git/HEAD": "", "p/a.py": ""})
    assert found(root, ["p"]) == ["p/a.py"]


@pytest.mark.parametrize(
    ("patterns", "force", "expected"),
    [
        pytest.param(["p/"], False, ["a.py", "p/b.py"], id="a named file stays"),
        pytest.param(["p/"], True, ["a.py"], id="unless forced"),
        pytest.param(["*.py"], True, [], id="forced, all"),
        pytest.param([], True, ["a.py", "p/b.py"], id="forced, nothing excluded"),
    ],
)
def test_force_exclude(root: Path, patterns: list[str], force: bool, expected: list[str]) -> None:
    make_tree(root, {"a.py": "", "p/b.py": ""})
    assert found(root, ["a.py", "p/b.py"], patterns, force) == expected


def test_force_exclude_knows_the_well_known_directories(root: Path) -> None:
    make_tree(root, {"a.py": "", "build/b.py": ""})
    assert found(root, ["a.py", "build/b.py"], force=True) == ["a.py"]


def test_exclude_in_a_walk(root: Path) -> None:
    make_tree(root, {"a.py": "", "p/b.py": "", "p/c_test.py": ""})
    assert found(root, patterns=["*_test.py"]) == ["a.py", "p/b.py"]


def test_links(root: Path) -> None:
    make_tree(root, {"real/a.py": "", "p/x.py": ""})
    (root / "p" / "loop").symlink_to(root)
    (root / "p" / "linked.py").symlink_to(root / "real" / "a.py")
    (root / "p" / "dangling.py").symlink_to(root / "nowhere.py")
    assert found(root, ["p"]) == ["p/linked.py", "p/x.py"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        pytest.param(["nope.py"], "no such file or directory: nope.py", id="missing"),
        pytest.param(["a.txt", "x", "y"], "no such file or directory: x, y", id="several missing"),
        pytest.param(["empty"], "no Python file in empty", id="empty directory"),
        pytest.param(["empty", "text"], "no Python file in empty, text", id="no Python"),
    ],
)
def test_errors(root: Path, paths: list[str], message: str) -> None:
    make_tree(root, {"a.txt": "", "text/a.txt": ""})
    (root / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        found(root, paths)


def test_a_directory_that_cannot_be_listed_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(root, {"a.py": "", "locked/b.py": ""})
    scandir = __import__("os").scandir

    def refuse(path: Path) -> object:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    discovery = discover(["."], Exclusion(root))
    assert discovery.files == ("a.py",)
    assert discovery.unlisted == (("locked", "Permission denied"),)
