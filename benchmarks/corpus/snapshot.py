"""The counts as they were last accepted, kept beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.corpus.examine import Examination, counts

FILE = Path(__file__).parent / "counts.json"


def accepted() -> dict[str, dict[str, dict[str, int]]]:
    """The kept counts by distribution and style."""
    kept: dict[str, dict[str, dict[str, int]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def accept(examinations: Iterable[Examination]) -> None:
    """Keep the counts of these examinations, and those of all other distributions as they are."""
    kept = accepted() if FILE.exists() else {}
    for each in examinations:
        kept.setdefault(each.project.name, {})[each.style] = counts(each)
    FILE.write_text(f"{json.dumps(kept, indent=1)}\n", encoding="utf-8")
