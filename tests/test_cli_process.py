"""The command as a process of its own: entry points, streams, and what is not imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.trees import make_tree

CHECKOUT = Path(__file__).parent.parent


def run(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), **variables}
    command = [sys.executable, "-m", "migrate", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("import jax\n", 0, id="clean"),
        pytest.param("import flax\nx = (\n", 1, id="a finding"),
        pytest.param(None, 2, id="missing"),
    ],
)
def test_exit_codes(tmp_path: Path, text: str | None, code: int) -> None:
    make_tree(tmp_path, {} if text is None else {"a.py": text})
    assert run(tmp_path, "check", "a.py").returncode == code


HEAVY = ("libcst", "pathspec", "jax", "flax", "numpy", "rules", "migrate.core", "migrate.pipeline", "tomllib")


@pytest.mark.parametrize("command", ["check", "migrate"])
def test_without_flax_the_engine_is_not_imported(tmp_path: Path, command: str) -> None:
    make_tree(tmp_path, {"a.py": "import jax\n"})
    done = run(tmp_path, command, "a.py", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "migrate.project.reading" in imported
    assert imported.isdisjoint(HEAVY)


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a.py": "import flax\nx = (\n"})
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "migrate", "check", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        command, env=environment, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""
