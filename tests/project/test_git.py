"""What git could not bring back."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.project.git import uncommitted
from tests.project.trees import git, make_repository, make_tree


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    make_repository(root, {"a.py": "a\n", "p/b.py": "b\n", ".gitignore": "ignored.py\n"})
    monkeypatch.chdir(root)
    return root


def test_committed_files_are_clean(repository: Path) -> None:
    assert uncommitted(["a.py", "p/b.py"]) == []


def test_other_dirty_files_do_not_matter(repository: Path) -> None:
    make_tree(repository, {"p/b.py": "changed\n"})
    assert uncommitted(["a.py"]) == []


@pytest.mark.parametrize("staged", [False, True], ids=["modified", "staged"])
def test_changes(repository: Path, staged: bool) -> None:
    make_tree(repository, {"p/b.py": "changed\n"})
    if staged:
        git(repository, "add", "p/b.py")
    assert uncommitted(["a.py", "p/b.py"]) == ["p/b.py"]


def test_untracked(repository: Path) -> None:
    make_tree(repository, {"new/c.py": "c\n"})
    assert uncommitted(["new/c.py"]) == ["new/c.py"]


def test_ignored_files_are_not_under_its_care(repository: Path) -> None:
    make_tree(repository, {"ignored.py": "c\n"})
    assert uncommitted(["ignored.py"]) == []


def test_a_link_counts_as_what_it_points_to(repository: Path, tmp_path: Path) -> None:
    make_tree(repository, {"a.py": "changed\n"})
    link = tmp_path / "link.py"
    link.symlink_to(repository / "a.py")
    assert uncommitted([str(link)]) == [str(link)]


def test_outside_of_a_repository(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a.py": "a\n"})
    assert uncommitted([str(tmp_path / "a.py")]) == []


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(UsageError, match=r"cannot ask git about a\.py: .*--allow-dirty"):
        uncommitted(["a.py"])
