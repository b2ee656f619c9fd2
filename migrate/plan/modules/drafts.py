"""The new `__init__` of a module class, with placeholders where the sizes of its inputs go."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import fields
from migrate.analysis.shapes.sizes import PLACEHOLDER
from migrate.rewrite.edits import Piece, Suite, Template

Line = tuple[Piece | Suite, ast.AST | None]
FIRST_AXIS = re.compile(r"\b_first_axis_of_\w+")


@dataclass(frozen=True)
class Told:
    """A size that callers have to tell: for which construction, and which layer's input cannot be told.

    `rank` is the number of axes of the input where all but the first are needed.
    """

    site: ast.AST
    layer: ast.AST
    message: str
    rank: int = 0


@dataclass
class Draft:
    """Lines of `__init__` and edits of the expressions in them, before the inputs have their names."""

    cls: Class
    lines: list[Line] = field(default_factory=list)
    edits: dict[ast.expr, str] = field(default_factory=dict)
    constructions: list[Piece] = field(default_factory=list)
    base: Draft | None = None
    """The draft of the class whose `__call__` this one inherits."""
    told: dict[str, Told] = field(default_factory=dict)

    def texts(self) -> Iterable[str]:
        """Every text in which a placeholder may stand."""
        for piece, _ in self.lines:
            yield from texts_of(piece)
        for piece in self.constructions:
            yield from texts_of(piece)
        yield from self.edits.values()

    def needed(self) -> dict[str, set[int]]:
        """The inputs whose axes are needed, counted from the end; 0 stands for all but the first."""
        found: dict[str, set[int]] = {}
        for text in self.texts():
            for match in PLACEHOLDER.finditer(text):
                name = match[2] or match[3]
                found.setdefault(name, set()).add(int(match[1] or 0))
        return found

    def field_nodes(self) -> list[ast.AnnAssign]:
        """The fields of the class."""
        return fields(self.cls)


def texts_of(piece: Piece | Suite) -> Iterable[str]:
    """The texts of a piece, without those of the nodes in it."""
    match piece:
        case str():
            yield piece
        case Template(parts):
            for part in parts:
                yield from texts_of(part)
        case Suite(header, lines, otherwise):
            yield from texts_of(header)
            for line, _ in (*lines, *otherwise):
                yield from texts_of(line)
        case _:
            pass


def changed(piece: Piece | Suite, change: Callable[[str], str]) -> Piece | Suite:
    """The piece with its texts changed."""
    match piece:
        case str():
            return change(piece)
        case Template(parts):
            return Template(tuple(changed_piece(part, change) for part in parts))
        case Suite(header, lines, otherwise):
            new = tuple((changed(line, change), origin) for line, origin in lines)
            other = tuple((changed(line, change), origin) for line, origin in otherwise)
            return Suite(changed_piece(header, change), new, other)
        case _:
            return piece


def changed_piece(piece: Piece, change: Callable[[str], str]) -> Piece:
    """The piece of one line with its texts changed."""
    new = changed(piece, change)
    assert not isinstance(new, Suite)
    return new
