"""Which reasons keep code from being migrated, and how much each alone holds back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.result import Finding

NAME = re.compile(r"`[^`]*`")
PLACE = re.compile(r"\S+\.py(?::\d+)?")
NUMBER = re.compile(r"\b\d+\b")

Case = tuple[str, Sequence[Finding]]
"""The name of a project, and all that stands against one thing in it."""


@dataclass(frozen=True, order=True)
class Reason:
    """A code, and the message with names, files and numbers blanked out."""

    code: str
    shape: str


@dataclass(frozen=True)
class Standing:
    """How many cases a reason is part of, how many it alone makes up, and one place."""

    reason: Reason
    blocked: int
    alone: int
    example: str


def reason_of(finding: Finding) -> Reason:
    """The reason of which a finding is one case."""
    shape = NUMBER.sub("N", PLACE.sub("FILE", NAME.sub("`_`", finding.message)))
    return Reason(finding.code, shape)


def ranking(cases: Iterable[Case]) -> list[Standing]:
    """Rank the reasons: first those that alone make up most cases, which would be free without them."""
    blocked: Counter[Reason] = Counter()
    alone: Counter[Reason] = Counter()
    examples: dict[Reason, str] = {}
    for project, findings in cases:
        reasons = {reason_of(finding): finding for finding in reversed(findings)}
        blocked.update(reasons.keys())
        alone.update(reasons.keys() if len(reasons) == 1 else ())
        for reason, finding in reasons.items():
            examples.setdefault(reason, f"{project}: {finding.path}:{finding.line}")
    standings = [Standing(each, blocked[each], alone[each], examples[each]) for each in blocked]
    return sorted(standings, key=lambda s: (-s.alone, -s.blocked, s.reason))
