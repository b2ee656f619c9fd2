"""The counts as they were last accepted, kept beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.modules.examine import Examination

FILE = Path(__file__).parent / "counts.json"
PACKAGES = ("flax", "jax-resnet", "flaxmodels", "recurrentgemma", "diffusers", "transformers")


def accepted() -> dict[str, dict[str, int]]:
    """The kept counts by distribution."""
    kept: dict[str, dict[str, int]] = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def accept(examinations: Iterable[Examination]) -> None:
    """Keep the counts of these examinations, and those of all other distributions as they are.

    Where nothing was compared, what came of the last comparison stays.
    """
    kept = accepted() if FILE.exists() else {}
    for each in examinations:
        classes = {name: count for name, count in each.counts().items() if name in {"classes", "migrated"}}
        earlier = kept.get(each.project, each.counts())
        kept[each.project] = each.counts() if each.verdicts else earlier | classes
    FILE.write_text(f"{json.dumps(kept, indent=1)}\n", encoding="utf-8")
