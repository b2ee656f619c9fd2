"""Initial values: what is said of them, and the way to keep them that the documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.core import migrate_sources
from migrate.messages import SEEDS

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"


def read(name: str) -> str:
    return (FIXTURES / name / "linen.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "times"),
    [
        pytest.param(["one_step"], 1, id="one-model"),
        pytest.param(["actor_critic"], 1, id="two-models"),
        pytest.param(["one_step", "actor_critic"], 1, id="two-files"),
        pytest.param(["bridged_images"], 0, id="wrapped"),
        pytest.param(["bridged_images", "one_step"], 1, id="one-wrapped"),
    ],
)
def test_it_is_said_once(names: list[str], times: int) -> None:
    result = migrate_sources({f"{name}.py": read(name) for name in names})
    assert sum(finding.message.endswith(SEEDS) for finding in result.findings) == times


def test_the_program_of_the_documentation() -> None:
    page = (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    exec(compile(program, "docs/seeds.md", "exec"), {})
