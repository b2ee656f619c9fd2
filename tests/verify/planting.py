"""Programs to compare, and faults to plant in them by replacing a piece of their text."""

from __future__ import annotations

from pathlib import Path

from migrate.verify.api import Report, Request, verify

PROGRAMS = Path(__file__).parent / "programs"


def source(case: str, side: str) -> str:
    """Text of one program of a pair; `side` is `linen` or `nnx`."""
    return (PROGRAMS / case / f"{side}.py").read_text(encoding="utf-8")


def plant(text: str, *edits: tuple[str, str]) -> str:
    """Replace each piece, which must be there, so that a fault can never silently be missing."""
    for old, new in edits:
        if old not in text:
            raise ValueError(f"nothing to replace: {old!r}")
        text = text.replace(old, new)
    return text


def compare(folder: Path, before: str, after: str, **options: object) -> Report:
    """Write two programs and verify them, for the verdict only unless asked otherwise."""
    paths = folder / "before.py", folder / "after.py"
    for path, text in zip(paths, (before, after), strict=True):
        path.write_text(text, encoding="utf-8")
    return verify(Request(*paths, **{"verdict_only": True, **options}))  # type: ignore[arg-type]
