"""Where the calls of helpers were written out, in the text that the engine made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.inlining.marks import NUMBERED


@dataclass(frozen=True)
class Block:
    """One call: what its parameters are given, and the bodies that stand for it, one for each case."""

    number: int
    start: ast.stmt
    end: ast.stmt
    given: dict[str, ast.expr]
    body: list[ast.stmt]
    last_given: ast.stmt
    """The statement that the body stands behind."""


def blocks(tree: ast.Module) -> dict[int, Block]:
    """The calls by their numbers."""
    found: dict[int, Block] = {}
    for statements in _lists(tree):
        starts = {number: at for at, s in enumerate(statements) if (number := _marked(s, "start"))}
        ends = {number: at for at, s in enumerate(statements) if (number := _marked(s, "end"))}
        for number, at in starts.items():
            if number in ends and number not in found:
                found[number] = _block(number, statements[at : ends[number] + 1])
    return found


def parts(tree: ast.Module) -> dict[int, ast.Assign]:
    """What was taken out of statements because it is evaluated before a call."""
    return {
        number: node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (number := _marked(node, "part"))
    }


def _lists(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


def target(statement: ast.stmt) -> tuple[str, int] | None:
    """The marked name that a statement binds."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) if found := NUMBERED.fullmatch(name):
            return found[1], int(found[2])
        case _:
            return None


def _marked(statement: ast.stmt, word: str) -> int:
    found = target(statement)
    return found[1] if found and found[0] == word else 0


def _block(number: int, statements: list[ast.stmt]) -> Block:
    start, *inside, end = statements
    return Block(number, start, end, {}, inside, start)


def with_given(block: Block, names: list[str]) -> Block:
    """The block with its first statements read as what parameters are given."""
    given: dict[str, ast.expr] = {}
    waiting = [*names]
    last = block.start
    for statement in block.body:
        found = target(statement)
        if found is None or found[1] != block.number or found[0] not in waiting:
            break
        assert isinstance(statement, ast.Assign)
        del waiting[: waiting.index(found[0]) + 1]
        given[found[0]] = statement.value
        last = statement
    return Block(block.number, block.start, block.end, given, block.body[len(given) :], last)
