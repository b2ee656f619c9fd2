"""The plug-in in a project of its own, run by a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.verify.planting import plant, source

ROOT = Path(__file__).parents[2]
CONFTEST = 'pytest_plugins = ["migrate.verify.pytest_plugin"]\n'
TESTS = """
from pathlib import Path

import pytest

from migrate.verify.api import VerifyError
from migrate.verify.pytest_plugin import assert_equivalent

HERE = Path(__file__).parent


def test_right(equivalent):
    report = equivalent(HERE / "linen.py", HERE / "nnx.py", steps=2, at_least="bitwise")
    assert report.step_time.before is None


def test_wrong(equivalent):
    equivalent(HERE / "linen.py", HERE / "wrong.py", steps=2)


def test_missing():
    with pytest.raises(VerifyError, match="no such file"):
        assert_equivalent(HERE / "linen.py", HERE / "nowhere.py")


def test_how_often_the_before_program_ran():
    assert (HERE / "ran").read_text() == "x"
"""
COUNT = ("import numpy as np", "import numpy as np\nopen(__file__[:-8] + 'ran', 'a').write('x')")
UPDATE = "    optimizer.update(model, grads)\n"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest prints for a project with one right and one wrong migration."""
    project = tmp_path_factory.mktemp("project")
    texts = {
        "conftest.py": CONFTEST,
        "test_migration.py": TESTS,
        "linen.py": plant(source("mlp", "linen"), COUNT),
        "nnx.py": source("mlp", "nnx"),
        "wrong.py": plant(source("mlp", "nnx"), (UPDATE, "")),
    }
    for name, text in texts.items():
        (project / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", str(project)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_the_wrong_migration_fails_alone(output: str) -> None:
    lines = re.findall(r"^(\w+) test_migration\.py::(\w+)", output, re.MULTILINE)
    assert {name: outcome for outcome, name in lines} == {
        "test_right": "PASSED",
        "test_wrong": "FAILED",
        "test_missing": "PASSED",
        "test_how_often_the_before_program_ran": "PASSED",
    }


def test_the_failure_shows_the_report_and_the_line_of_the_test(output: str) -> None:
    assert "AssertionError: fail: " in output
    assert "never took an optimizer step" in output
    assert 'equivalent(HERE / "linen.py", HERE / "wrong.py", steps=2)' in output
    assert "pytest_plugin.py" not in output
