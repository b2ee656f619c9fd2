"""The counts as they were last accepted, kept beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.corpus.examine import Examination, counts

FILE = Path(__file__).parent / "counts.json"
GIVEN = ("files", "calls", "classes")
"""Properties of the distribution itself."""
BAD = ("untouched", "calls left", "classes left", "crashes", "silent", "faults")
"""Of these, fewer are better."""


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


def worse(kept: Mapping[str, int], found: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The counts that are no longer as good as they were kept: before and now."""
    other = {key for key in GIVEN if found[key] != kept[key]}
    changed = other | {key for key in BAD if found[key] > kept[key]}
    return {key: (kept[key], found[key]) for key in sorted(changed)}
