"""Comments that silence findings: `# noqa: LNX101` on a line, `# linen2nnx: ignore-file` on a file."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

_MENTION = re.compile(r"#.*noqa.*NX\d|#\s*linen2nnx:\s*ignore-file", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa\s*:\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)", re.IGNORECASE)
_OUR_CODE = re.compile(r"\b(?:LNX|NNX)\d{3}\b", re.IGNORECASE)
_IGNORE_FILE = re.compile(r"#\s*linen2nnx:\s*ignore-file\b")


@dataclass(frozen=True)
class Noqa:
    """One code of one comment at `line`, `column`; it reaches over the statement `first` to `last`."""

    code: str
    line: int
    column: int
    first: int
    last: int

    def covers(self, line: int, code: str) -> bool:
        """Tell whether a finding of `code` that starts on `line` is silenced."""
        return self.first <= line <= self.last and code == self.code


@dataclass(frozen=True)
class Suppressions:
    """What one text asks to be silent about; `ignore_file` is the place of that comment."""

    noqa: tuple[Noqa, ...] = ()
    ignore_file: tuple[int, int] | None = None

    def covers(self, line: int, code: str) -> bool:
        """Tell whether a finding of `code` that starts on `line` is silenced."""
        return self.ignore_file is not None or any(one.covers(line, code) for one in self.noqa)


@dataclass(frozen=True)
class _Comment:
    text: str
    line: int
    column: int
    first: int
    last: int


def parse_suppressions(text: str) -> Suppressions:
    """Read the suppressions of a Python text; comments of other tools are passed over."""
    if not _MENTION.search(text):
        return Suppressions()
    comments = tuple(_comments(text))
    ignoring = (c for c in comments if _IGNORE_FILE.match(c.text))
    ignore_file = next(((c.line, c.column) for c in ignoring), None)
    return Suppressions(tuple(noqa for c in comments for noqa in _noqa(c)), ignore_file)


def _noqa(comment: _Comment) -> Iterator[Noqa]:
    listed = _NOQA.search(comment.text)
    if listed is None:
        return
    for code in _OUR_CODE.finditer(comment.text, listed.start(1), listed.end(1)):
        column = comment.column + code.start()
        yield Noqa(code[0].upper(), comment.line, column, comment.first, comment.last)


def _comments(text: str) -> Iterator[_Comment]:
    """Yield each comment with the lines of the logical line that it stands in or after."""
    pending: list[tokenize.TokenInfo] = []
    first: int | None = None
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            pending.append(token)
        elif token.type == tokenize.NEWLINE or (token.type == tokenize.NL and first is None):
            last = token.start[0]
            yield from (_comment(each, last if first is None else first, last) for each in pending)
            pending, first = [], None
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT) and first is None:
            first = token.start[0]


def _comment(token: tokenize.TokenInfo, first: int, last: int) -> _Comment:
    line, column = token.start
    return _Comment(token.string, line, column + 1, first, last)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    try:
        yield from tokenize.generate_tokens(lines.readline)
    except (tokenize.TokenError, SyntaxError):
        return
