"""Continuation lines that stand behind their bracket, and shall stand there after it has moved."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from migrate.rewrite.layout import CLOSE, OPEN


@dataclass
class Bracket:
    """An opening bracket, and the later lines of which it is the innermost one that is open."""

    line: int
    column: int
    hangs: bool = True
    lines: list[int] = field(default_factory=list)


def realigned(before: str, after: str, width: int) -> str:
    """`after` with the lines moved that stood right behind a bracket in `before` and no longer do.

    Only brackets whose own line was rewritten are looked at, and no line is made longer than `width`.
    """
    old, new = before.split("\n"), after.split("\n")
    if not any(_opens(line) for line in {*new} - {*old}):
        return after
    brackets, frozen = _brackets(after)
    aligned, origin = _aligned(before, old), _origins(old, new)
    shift = dict.fromkeys(range(len(new)), 0)
    for bracket in brackets:
        columns = {column for line in origin.get(bracket.line, ()) for column in aligned.get(line, ())}
        for line in bracket.lines:
            begins = _indent(new[line])
            behind = not bracket.hangs and begins in columns
            shift[line] = shift[bracket.line] + (bracket.column + 1 - begins if behind else 0)
    shift = {n: by for n, by in shift.items() if by and n not in frozen}
    if any(len(new[n].rstrip()) + by > width for n, by in shift.items() if by > 0):
        return after
    return "\n".join(_moved(line, shift.get(n, 0)) for n, line in enumerate(new))


def _opens(line: str) -> bool:
    """Whether a bracket may be open behind a line that has something after it."""
    depth = sum((char in OPEN) - (char in CLOSE) for char in line)
    return depth > 0 and line.rstrip()[-1:] not in (*OPEN,)


def _moved(line: str, by: int) -> str:
    return " " * by + line if by > 0 else line[-by:] if by else line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _aligned(text: str, lines: list[str]) -> dict[int, set[int]]:
    """The columns right behind the brackets that open on a line, where later lines begin."""
    found: dict[int, set[int]] = {}
    for bracket in _brackets(text)[0]:
        if not bracket.hangs and any(_indent(lines[n]) == bracket.column + 1 for n in bracket.lines):
            found.setdefault(bracket.line, set()).add(bracket.column + 1)
    return found


def _origins(before: list[str], after: list[str]) -> dict[int, range]:
    """For each line that was rewritten, the lines that stood in its place."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return {
        line: range(start, stop)
        for tag, start, stop, first, last in matcher.get_opcodes()
        if tag == "replace"
        for line in range(first, last)
    }


def _brackets(text: str) -> tuple[list[Bracket], set[int]]:
    """The brackets that run over several lines, outer ones first, and the lines inside of strings."""
    found: list[Bracket] = []
    frozen: set[int] = set()
    stack: list[Bracket] = []
    for token, begins in _tokens(text):
        line, column = token.start[0] - 1, token.start[1]
        frozen |= {*range(line + 1, token.end[0])}
        if stack and begins and line > stack[-1].line:
            stack[-1].lines.append(line)
        elif stack and stack[-1].line == line and token.type != tokenize.COMMENT:
            stack[-1].hangs = False
        if token.type == tokenize.OP and token.string in OPEN:
            stack.append(Bracket(line, column))
            found.append(stack[-1])
        elif token.type == tokenize.OP and token.string in CLOSE:
            stack.pop()
    return [bracket for bracket in found if bracket.lines], frozen


def _tokens(text: str) -> Iterator[tuple[tokenize.TokenInfo, bool]]:
    """The tokens of a text that are no line ends, each with whether it is the first one of its line."""
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            continue
        yield token, token.start[0] > last
        last = token.end[0]
