"""A rule: its code, its page and the examples that are its tests."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.result import Fix


@dataclass(frozen=True)
class Example:
    """A whole program that the rule speaks about; `after` is None where it is reported and left alone."""

    before: str
    after: str | None = None


@dataclass(frozen=True)
class Rule:
    """What `linen2nnx rule CODE` prints and what the rule's own tests run.

    `invalid` programs carry at least one finding of this code, `valid` ones carry none.
    """

    code: str
    name: str
    title: str
    fix: Fix
    what: str
    why: str
    use_instead: str
    fix_safety: str
    upstream: str
    invalid: tuple[Example, ...]
    valid: tuple[str, ...] = ()
