"""The verdicts as they were last accepted, kept beside this file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).parent / "verdicts.json"

Verdicts = dict[str, dict[str, str]]
"""By program and style."""


def accepted() -> Verdicts:
    """The kept verdicts."""
    kept: Verdicts = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def accept(found: Mapping[str, Mapping[str, str]]) -> None:
    """Keep these verdicts, and those of all other programs as they are."""
    kept = accepted() if FILE.exists() else {}
    for name, verdicts in found.items():
        kept[name] = {**kept.get(name, {}), **verdicts}
    FILE.write_text(f"{json.dumps(kept, indent=1, sort_keys=True)}\n", encoding="utf-8")
