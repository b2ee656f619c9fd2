"""What the documentation shows is what the program does.

A block after `<!-- output: COMMAND -->` is the standard output of that command; `...` stands for anything.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.arguments import parse_arguments
from migrate.config import Settings, load_settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^<!-- output: ([^\n]+) -->\n+```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^<!-- command: (\w+) -->\n```sh\n([^\n]+)\n```$", re.MULTILINE)

OUTPUTS = [
    pytest.param(command, expected, id=f"{page.name}: {command}")
    for page in PAGES
    for command, expected in OUTPUT.findall(page.read_text("utf-8"))
]
LINES = sorted(
    {
        line.partition("  #")[0].strip()
        for page in PAGES
        for language, block in BLOCK.findall(page.read_text("utf-8"))
        for part in re.split(r"\n|&&", block)
        for line in [part.replace(".venv/bin/", "").strip()]
        if language == "sh" and line.startswith("linen2nnx")
    }
)


@pytest.mark.parametrize(("command", "expected"), OUTPUTS)
def test_output(command: str, expected: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "linen2nnx"
    done = subprocess.run(
        [sys.executable, "-m", "migrate", *arguments],
        cwd=ROOT,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctest.OutputChecker().check_output(expected, done.stdout, doctest.ELLIPSIS), done.stdout


@pytest.mark.parametrize("line", LINES)
def test_command_lines_parse(line: str) -> None:
    arguments = shlex.split(line)[1:]
    assert parse_arguments(arguments).command == arguments[0]


def test_the_two_commands_set_everything_up() -> None:
    commands = dict(COMMAND.findall((ROOT / "README.md").read_text("utf-8")))
    assert sorted(commands) == ["main", "tests"]
    for command in commands.values():
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q -e ")
        assert "\n" not in command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_documented_settings_are_the_defaults(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    (block,) = [text for language, text in BLOCK.findall(page) if language == "toml"]
    (tmp_path / "pyproject.toml").write_text(block)
    assert load_settings(tmp_path, {}) == Settings(base=tmp_path)


def test_every_fixture_has_its_row() -> None:
    table = (ROOT / "fixtures" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted(
        path.name for path in (ROOT / "fixtures").iterdir() if path.is_dir() and path.name[0] not in "._"
    )
