"""Edits as data: what replaces which node, before anything is written.

A template is text with holes; a hole is a node of the original tree, which is rendered with its own
edits applied, so that comments and formatting inside of it stay.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.analysis.program.scopes import FunctionNode


@dataclass(frozen=True)
class Template:
    """Text and holes in turn."""

    parts: tuple[str | ast.AST | Template, ...]


Piece = str | ast.AST | Template


def template(text: str, *holes: Piece) -> Template:
    """`template("{}.update({})", a, b)`: the holes in place of the braces."""
    texts = text.split("{}")
    assert len(texts) == len(holes) + 1
    parts: list[Piece] = [texts[0]]
    for hole, after in zip(holes, texts[1:], strict=True):
        parts += [hole, after]
    return Template(tuple(part for part in parts if part != ""))


def gather(piece: Piece, found: list[ast.AST]) -> None:
    """Add the nodes that a piece holds to `found`."""
    if isinstance(piece, Template):
        for part in piece.parts:
            gather(part, found)
    elif isinstance(piece, ast.AST):
        found.append(piece)


@dataclass(frozen=True)
class Suite:
    """A compound statement to be written: its header, the lines of its block, and those of its `else`."""

    header: Piece
    lines: tuple[tuple[Piece | Suite, ast.AST | None], ...]
    otherwise: tuple[tuple[Piece | Suite, ast.AST | None], ...] = ()

    def pieces(self) -> Iterator[Piece]:
        """The header and every piece below."""
        yield self.header
        for line, _ in (*self.lines, *self.otherwise):
            yield from line.pieces() if isinstance(line, Suite) else (line,)

    def origins(self) -> Iterator[ast.AST]:
        """What the lines below were made from."""
        for line, origin in (*self.lines, *self.otherwise):
            if isinstance(line, Suite):
                yield from line.origins()
            elif origin is not None:
                yield origin


@dataclass(frozen=True)
class Method:
    """A method to be written: its signature and the statements of its body.

    A statement given as a pair takes over the comments of the node beside it.
    """

    name: str
    parameters: tuple[Piece, ...]
    body: tuple[tuple[Piece | Suite, ast.AST | None], ...]

    def pieces(self) -> Iterator[Piece]:
        """Every piece of the body, those in suites too."""
        for piece, _ in self.body:
            yield from piece.pieces() if isinstance(piece, Suite) else (piece,)

    def origins(self) -> Iterator[ast.expr]:
        """The expressions that statements of the body were made from."""
        for piece, origin in self.body:
            inner = piece.origins() if isinstance(piece, Suite) else [origin]
            yield from (o for o in inner if isinstance(o, ast.expr))


@dataclass
class ClassEdit:
    """A new `__init__` in place of the fields, or of `setup`."""

    method: Method
    removed: set[ast.stmt] = field(default_factory=set)
    at: ast.stmt | None = None


@dataclass
class Edits:
    """Everything that a plan wants changed in one module."""

    expressions: dict[ast.AST, Piece] = field(default_factory=dict)
    statements: dict[ast.stmt, list[Piece]] = field(default_factory=dict)
    before: dict[ast.stmt, list[Piece]] = field(default_factory=lambda: defaultdict(list))
    arguments: dict[ast.Call, dict[ast.expr, tuple[tuple[str | None, Piece], ...]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    added: dict[ast.Call, list[tuple[str | None, Piece]]] = field(default_factory=lambda: defaultdict(list))
    parameters: dict[FunctionNode, dict[str, tuple[Piece, ...]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    classes: dict[ast.ClassDef, ClassEdit] = field(default_factory=dict)
    decorators: set[ast.expr] = field(default_factory=set)
    keyword_only: dict[FunctionNode, list[str]] = field(default_factory=lambda: defaultdict(list))
    helpers: set[tuple[ast.AST, str]] = field(default_factory=set)
    unwrapped: dict[ast.If, list[ast.stmt]] = field(default_factory=dict)
    """Conditions of which one block remains, or nothing, without its header."""

    def merge(self, other: Edits) -> None:
        """Take in the edits of another plan; two plans never edit one node."""
        self.expressions |= other.expressions
        self.statements |= other.statements
        self.before |= other.before
        self.arguments |= other.arguments
        self.added |= other.added
        self.parameters |= other.parameters
        self.classes |= other.classes
        self.decorators |= other.decorators
        self.keyword_only |= other.keyword_only
        self.helpers |= other.helpers
        self.unwrapped |= other.unwrapped

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def of_module(self, module: ast.AST, module_of: Callable[[ast.AST], ast.AST]) -> Edits:
        """The edits whose targets stand in one module."""

        def here(group: Mapping[Any, Any]) -> Any:
            return {node: edit for node, edit in group.items() if module_of(node) is module}

        return Edits(
            here(self.expressions),
            here(self.statements),
            defaultdict(list, here(self.before)),
            defaultdict(dict, here(self.arguments)),
            defaultdict(list, here(self.added)),
            defaultdict(dict, here(self.parameters)),
            here(self.classes),
            {node for node in self.decorators if module_of(node) is module},
            defaultdict(list, here(self.keyword_only)),
            {(node, name) for node, name in self.helpers if node is module},
            here(self.unwrapped),
        )


def held_nodes(edits: Edits) -> Iterator[tuple[ast.AST, list[ast.AST]]]:
    """Each target of an edit, with the nodes that its new text is made from."""
    groups: list[tuple[ast.AST, list[Piece]]] = [(n, [piece]) for n, piece in edits.expressions.items()]
    groups += [*edits.statements.items(), *edits.before.items()]
    groups += [(n, [p for new in a.values() for _, p in new]) for n, a in edits.arguments.items()]
    groups += [(n, [p for _, p in added]) for n, added in edits.added.items()]
    groups += [(n, [p for new in a.values() for p in new]) for n, a in edits.parameters.items()]
    groups += [(n, [*c.method.parameters, *c.method.pieces()]) for n, c in edits.classes.items()]
    for node, pieces in groups:
        held: list[ast.AST] = []
        for piece in pieces:
            gather(piece, held)
        yield node, held
