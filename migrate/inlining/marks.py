"""The names and texts by which what was written out is found again."""

from __future__ import annotations

import re
from collections.abc import Container

from migrate.inlining.spans import Edit

MARK = "_linen2nnx_"
STEP = "    "
DOT = "\ua4f8"
"""A letter that looks like a dot, in names that no other file knows."""
NUMBERED = re.compile(rf"(\w+?){MARK}(\d+)")


class Unfit(Exception):
    """A helper that cannot be written out after all."""


def marked(name: str, numbers: Container[int]) -> tuple[str, int] | None:
    """The name before it got its mark, and the number, if that is one of these."""
    found = NUMBERED.fullmatch(name)
    return (found[1], int(found[2])) if found and int(found[2]) in numbers else None


def unmarked(text: str) -> str:
    """A text with all names as they were."""
    return NUMBERED.sub(r"\1", text)


def next_number(text: str) -> int:
    """The first number that no mark in a text has."""
    return max((int(found[2]) for found in NUMBERED.finditer(text)), default=0) + 1


def lines_between(text: str) -> set[int]:
    """The lines of what was written out in a text before."""
    lines, depth = set(), 0
    for number, line in enumerate(text.splitlines(), 1):
        depth += line.strip().startswith(f"start{MARK}")
        if depth:
            lines.add(number)
        depth -= line.strip().startswith(f"end{MARK}")
    return lines


def stub(number: int, case: int) -> str:
    """The text that stands for a body of the helper whose first call has a number."""
    return f"linen2nnx-{number}-{case}"


def assigned(name: str, value: str, indent: str, line: int) -> list[tuple[str, int]]:
    """`name = value`, in parentheses where it goes over several lines."""
    value = f"({value})" if "\n" in value else value
    return [(text.rstrip("\r"), line) for text in f"{indent}{name} = {value}".split("\n")]


def outermost(edits: list[Edit]) -> list[Edit]:
    """The edits that do not lie in another one."""
    return [e for e in edits if not any(o is not e and o.start <= e.start and e.end <= o.end for o in edits)]
