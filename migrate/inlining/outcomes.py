"""What became of a helper and of its bodies."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrate.inlining.helpers import Helper


class Unfold(Exception):
    """What was written out cannot be written as a function again; which helper, where that is known."""

    def __init__(self, helper: Helper | None = None) -> None:
        super().__init__()
        self.helper = helper


@dataclass(frozen=True)
class Direct:
    """`layer(x, deterministic=not train)`: the layer, and what it is given: texts and parameters."""

    layer: str
    arguments: Sequence[tuple[str, str, bool]] | None
    """The keyword, the text, and whether it is a parameter; None where the layer itself is the result."""

    def text(self, values: Mapping[str, str]) -> str:
        """The text of one call."""
        if self.arguments is None:
            return values[self.layer]
        every = [(key, values[text] if own else text) for key, text, own in self.arguments]
        return f"{values[self.layer]}({', '.join(f'{key}={text}' if key else text for key, text in every)})"


@dataclass
class Written:
    """The definitions of a helper, and what its calls are given beside what they gave."""

    texts: list[str] = field(default_factory=list)
    dropped: frozenset[str] = frozenset()
    added: dict[int, dict[str, str]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    keyed: bool = False
    builds: bool = False
    optional: tuple[str, ...] = ()
    direct: dict[int, Direct] = field(default_factory=dict)

    def by_keyword(self, number: int) -> set[str]:
        """The layers that a call gives by their names, as it leaves out one in front of them."""
        given = [name in self.added[number] for name in self.optional]
        return {*self.optional[given.index(False) :]} if False in given else set()


@dataclass(frozen=True)
class Branch:
    """What became of one case at one call: its statements, and the lines that they stand on."""

    statements: Sequence[ast.stmt]
    first: int
    last: int
