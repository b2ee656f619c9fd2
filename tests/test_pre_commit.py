"""The hooks, run by pre-commit itself on a scratch repository.

The environment of the hooks is built from this checkout, so this needs git, pre-commit and a package index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.project.trees import git, make_repository, make_tree

ROOT = Path(__file__).parent.parent
BROKEN = "import flax\nx = (\n"
PROGRAM = (ROOT / "fixtures" / "one_step" / "linen.py").read_text("utf-8")
CLEAN = {"clean.py": "import jax\n", "empty.py": "", "notes.txt": "flax.linen\n"}


def missing_tool() -> str | None:
    """Say what of the set-up is not there, None where everything is."""
    if find_spec("pre_commit") is None:
        return "pre-commit is not installed"
    if not (ROOT / ".git").exists():
        return "not a git checkout"
    ask = [sys.executable, "-m", "pip", "index", "versions", "-q", "pathspec"]
    asked = subprocess.run(ask, capture_output=True, text=True, check=False)
    return None if asked.returncode == 0 else f"no package index: {asked.stderr.strip()}"


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the files of this checkout as they are now, committed."""
    if reason := missing_tool():
        pytest.skip(reason)
    copy = tmp_path_factory.mktemp("hooks")
    for name in git(ROOT, "ls-files", "-z", "-co", "--exclude-standard").rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            make_tree(copy, {name: (ROOT / name).read_text("utf-8")})
    make_repository(copy, {})
    return copy


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def scratch(tmp_path: Path, hooks: Path) -> Path:
    """Return a repository that uses both hooks."""
    revision = git(hooks, "rev-parse", "HEAD").strip()
    names = "[{id: linen2nnx-check}, {id: linen2nnx}]"
    config = f"repos: [{{repo: '{hooks}', rev: {revision}, hooks: {names}}}]\n"
    make_repository(tmp_path, {**CLEAN, ".pre-commit-config.yaml": config})
    return tmp_path


def pre_commit(scratch: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pre-commit on all files of `scratch`, with its environments in `home`."""
    git(scratch, "add", "-A", "-f")
    command = [sys.executable, "-m", "pre_commit", *arguments, "--all-files", "--verbose"]
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**outer, "PRE_COMMIT_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)


def run(hook: str, scratch: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return pre_commit(scratch, home, "run", hook)


@pytest.mark.parametrize("hook", ["linen2nnx-check", "linen2nnx"])
def test_clean_files_pass(hook: str, scratch: Path, home: Path) -> None:
    done = run(hook, scratch, home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 files scanned, 0 with Flax" in done.stdout


@pytest.mark.parametrize("hook", ["linen2nnx-check", "linen2nnx"])
def test_a_file_that_cannot_be_read_fails(hook: str, scratch: Path, home: Path) -> None:
    make_tree(scratch, {"broken.py": BROKEN})
    done = run(hook, scratch, home)
    assert done.returncode == 1
    assert "broken.py:2:5: LNX901" in done.stdout
    assert (scratch / "broken.py").read_text() == BROKEN


def test_check_reports_a_program_and_leaves_it(scratch: Path, home: Path) -> None:
    make_tree(scratch, {"train.py": PROGRAM})
    done = run("linen2nnx-check", scratch, home)
    assert done.returncode == 1
    assert "\ntrain.py:" in done.stdout
    assert (scratch / "train.py").read_text() == PROGRAM


def test_migrate_rewrites_a_program_once(scratch: Path, home: Path) -> None:
    make_tree(scratch, {"train.py": PROGRAM})
    first = run("linen2nnx", scratch, home)
    assert first.returncode == 1
    assert "files were modified by this hook" in first.stdout
    expected = (ROOT / "fixtures" / "one_step" / "nnx.py").read_text("utf-8")
    assert (scratch / "train.py").read_text() == expected
    assert run("linen2nnx", scratch, home).returncode == 0


def test_excluded_directories_are_left(scratch: Path, home: Path) -> None:
    make_tree(scratch, {"build/broken.py": BROKEN})
    assert run("linen2nnx-check", scratch, home).returncode == 0


def test_try_repo(scratch: Path, home: Path, hooks: Path) -> None:
    make_tree(scratch, {"broken.py": BROKEN})
    done = pre_commit(scratch, home, "try-repo", str(hooks))
    assert done.returncode == 1
    assert done.stdout.count("broken.py:2:5: LNX901") == 2
    (scratch / "broken.py").unlink()
    assert run("linen2nnx-check", scratch, home).returncode == 0
