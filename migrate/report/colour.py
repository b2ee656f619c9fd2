"""Colour for terminals, added to finished text line by line so that source text is never read as markup."""

from __future__ import annotations

_RESET = "\x1b[0m"
_DIFF = {"+++": "1", "---": "1", "@@": "36", "+": "32", "-": "31"}


def colour_diff(text: str) -> str:
    """Colour the lines of a unified diff; without the colours the text is the same."""
    return "".join(_paint(line, _style(line)) for line in text.splitlines(keepends=True))


def colour_findings(text: str) -> str:
    """Set the place of each finding in bold."""
    return "".join(_bold_place(line) for line in text.splitlines(keepends=True))


def _style(line: str) -> str | None:
    return next((style for start, style in _DIFF.items() if line.startswith(start)), None)


def _paint(line: str, style: str | None) -> str:
    if style is None:
        return line
    body = line.rstrip("\r\n")
    return f"\x1b[{style}m{body}{_RESET}{line[len(body) :]}"


def _bold_place(line: str) -> str:
    place, mark, rest = line.partition(": ")
    return f"\x1b[1m{place}{_RESET}{mark}{rest}" if mark else line
