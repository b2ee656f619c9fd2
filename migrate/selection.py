"""Which codes the caller wants to hear about."""

from __future__ import annotations

import re

from migrate.result import Options

FAILURES = ("LNX901", "LNX902")
"""A file that could not be looked at: a selection of other rules does not hide it."""

_PREFIX = re.compile(r"(?:LNX|NNX)\d{0,3}")


def is_code_prefix(text: str) -> bool:
    """Tell whether `text` can begin a rule code, as in LNX, LNX1 or LNX101."""
    return _PREFIX.fullmatch(text) is not None


def is_selected(code: str, options: Options) -> bool:
    """Decide by the longest prefix that matches; between equals, `ignore` wins."""
    chosen = 0 if not options.select or code in FAILURES else _longest(options.select, code)
    return chosen >= 0 and chosen > _longest(options.ignore, code)


def _longest(prefixes: tuple[str, ...], code: str) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)
