"""Parsing texts that may not be Python."""

from __future__ import annotations

import ast
import platform
import warnings

from migrate.result import Finding


def parse(text: str) -> ast.Module:
    """Parse without the warnings that belong to the text's author.

    Raises SyntaxError, ValueError, RecursionError or MemoryError for what is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def syntax_finding(path: str, text: str) -> Finding | None:
    """Return LNX901 for a text that this Python cannot parse, None for one that it can."""
    try:
        parse(text)
    except SyntaxError as error:
        return unreadable(path, _reason(error.msg), error.lineno or 1, error.offset or 1)
    except ValueError as error:
        return unreadable(path, _reason(str(error)))
    except (RecursionError, MemoryError):
        return unreadable(path, "it is nested too deeply for the parser; split its longest expression")
    return None


def unreadable(path: str, reason: str, line: int = 1, column: int = 1) -> Finding:
    """Return LNX901: the file at `path` cannot be looked at, because of `reason`."""
    message = f"cannot read this file: {reason}; it is left as it is"
    return Finding(path, max(line, 1), max(column, 1), "LNX901", message)


def _reason(detail: str) -> str:
    major, minor, _ = platform.python_version_tuple()
    return f"not valid Python {major}.{minor}: {detail}"
