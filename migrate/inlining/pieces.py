"""What became of a body in pieces: those between the conditions that its calls decide, and those inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.inlining.blocks import Block, target
from migrate.inlining.flags import Sides, else_line, is_elif
from migrate.inlining.outcomes import Unfold
from migrate.inlining.spans import Text

Key = tuple[tuple[int, ...], int]
"""The sides around a piece, each as twice its place and one for `else`, and the conditions before it."""


@dataclass(frozen=True)
class Piece:
    """Statements in a row, and the lines that they stand on."""

    statements: Sequence[ast.stmt]
    first: int
    last: int


def pieces(block: Block, sides: Sides, call: ast.Call) -> dict[Key, Piece]:
    """The pieces of one call."""
    held = [of_calls.get(call, False) for of_calls in sides.values()]
    first = (block.last_given.end_lineno or 0) + 1
    return dict(_of(block.body, block.number, held, (), first, block.end.lineno - 1))


def _of(
    statements: Sequence[ast.stmt],
    number: int,
    held: Sequence[bool],
    path: tuple[int, ...],
    first: int,
    last: int,
) -> Iterator[tuple[Key, Piece]]:
    run: list[ast.stmt] = []
    waiting, count = [*statements], 0
    while waiting:
        statement = waiting.pop(0)
        found = target(statement)
        if found is None or found[1] != number or not found[0].startswith("side"):
            run.append(statement)
            continue
        place = int(found[0].removeprefix("side"))
        ends = [n for n, s in enumerate(waiting) if target(s) == (f"over{place}", number)]
        if len(ends) != 1:
            raise Unfold
        over = waiting[ends[0]]
        yield (path, count), Piece(run, first, statement.lineno - 1)
        inside = (*path, 2 * place + (not held[place]))
        start = (statement.end_lineno or 0) + 1
        yield from _of(waiting[: ends[0]], number, held, inside, start, over.lineno - 1)
        del waiting[: ends[0] + 1]
        run, first, count = [], (over.end_lineno or 0) + 1, count + 1
    yield (path, count), Piece(run, first, last)


def in_order(block: Sequence[ast.stmt], sides: Sides, path: tuple[int, ...] = ()) -> Iterator[Key]:
    """The keys of all pieces, as they follow each other in the text."""
    order, count = [*sides], 0
    for node in block:
        if isinstance(node, ast.If) and node in sides:
            yield path, count
            count += 1
            for side, inner in enumerate((node.body, node.orelse)):
                yield from in_order(inner, sides, (*path, 2 * order.index(node) + side))
    yield path, count


def assembled(
    source: Text,
    block: Sequence[ast.stmt],
    sides: Sides,
    texts: Mapping[Key, str],
    path: tuple[int, ...] = (),
) -> str:
    """The text of a body, with the conditions around its pieces again."""
    lines: list[str] = []
    order, count = [*sides], 0
    for node in block:
        if not isinstance(node, ast.If) or node not in sides:
            continue
        lines += texts.get((path, count), "").splitlines()
        place, count = order.index(node), count + 1
        yes, no = ((*path, 2 * place + side) for side in (0, 1))
        step = source.indent(node.body[0])[len(_margin(source, node)) :]
        lines.append(source.lines[node.lineno - 1].strip())
        lines += _indented(assembled(source, node.body, sides, texts, yes), step)
        if is_elif(source, node):
            lines += assembled(source, node.orelse, sides, texts, no).splitlines()
        elif node.orelse:
            lines.append(source.lines[else_line(source, node) - 1].strip())
            lines += _indented(assembled(source, node.orelse, sides, texts, no), step)
    return "\n".join([*lines, *texts.get((path, count), "").splitlines()])


def _margin(source: Text, node: ast.stmt) -> str:
    line = source.lines[node.lineno - 1]
    return line[: len(line) - len(line.lstrip())]


def _indented(text: str, step: str) -> list[str]:
    return [step + line if line else line for line in text.splitlines()]
