"""Plain unified diffs that `patch -p1` and `git apply` take."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping


def unified_diff(path: str, before: str, after: str) -> str:
    """Return the diff from `before` to `after`, empty where they are equal."""
    old, new = _header("---", "a", path), _header("+++", "b", path)
    body = list(_hunks(before, after, context=3))
    return "".join([old, new, *body]) if body else ""


def diff_body(before: str, after: str) -> str:
    """Return one hunk over the whole text, without headers, as documentation shows it."""
    return "".join(list(_hunks(before, after, context=len(before)))[1:])


def all_diffs(sources: Mapping[str, str], changed: Mapping[str, str]) -> str:
    """Return the diffs of all changed files, in the order of their paths."""
    return "".join(unified_diff(path, sources[path], changed[path]) for path in sorted(changed))


def _header(mark: str, side: str, path: str) -> str:
    """A name with a space is ended by a tab, as git does, so that readers see where it ends."""
    name = f"{side}/{path.lstrip('/')}"
    return f"{mark} {name}\t\n" if " " in name else f"{mark} {name}\n"


def _hunks(before: str, after: str, context: int) -> Iterator[str]:
    lines = difflib.unified_diff(_lines(before), _lines(after), n=context)
    for line in list(lines)[2:]:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Split at line feeds only: to a diff, other line boundaries of Unicode are ordinary characters."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
