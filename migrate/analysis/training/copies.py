"""Copies at the boundary of a trace: what goes in is another object inside, and what comes out a new one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from migrate.analysis.kinds import (
    Dict,
    Function,
    Group,
    Holder,
    Record,
    Sequence,
    State,
    Token,
    Value,
    tokens_of,
)
from migrate.analysis.run import Run


def place(node: ast.AST) -> str:
    """Line and column of a node, to tell tokens apart."""
    return f"{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}"


def copies(function: Function, values: Iterable[Value], label: str = "argument") -> dict[Token, Token]:
    """One copy for each part of each argument: finitely many names, however often the function is called."""
    names: dict[Token, Token] = {}
    for index, value in enumerate(values):
        for where, part in _parts(value, f"{label} {index}"):
            for token in tokens_of(part):
                names.setdefault(token, Token(function.node, where))
    return names


def _parts(value: Value, where: str) -> Iterator[tuple[str, Value]]:
    """The parts of a value that are objects of their own, each with its place in it."""
    match value:
        case Record(fields=fields):
            for name, field in fields:
                yield from _parts(field, f"{where}.{name}")
        case Group(shape=shape):
            yield from _parts(shape, where)
        case State(group=Group() as group):
            yield from _parts(group, where)
        case Dict(items):
            for key, item in items:
                yield from _parts(item, f"{where}[{key!r}]")
        case Sequence(items):
            for index, item in enumerate(items):
                yield from _parts(item, f"{where}.{index}")
        case Holder(fields=fields):
            yield where, replace(value, fields=())
            for name, field in fields:
                yield from _parts(field, f"{where}.{name}")
        case _:
            yield where, value


def returned(run: Run, node: ast.Call, token: Token, names: dict[Token, Token]) -> Token:
    """The name outside of something that a traced call gives back.

    Where its definition was made by a call of a function, that is a part of it: the same traced call may be
    given what another call of that function made.
    """
    label = token.label if token in names.values() else f"made at {place(token.node)} {token.label}"
    makers = {place(call) for i in run.facts.origins.get(token, ()) for call in i.made}
    return Token(node, " ".join((label, *(f"of {maker}" for maker in sorted(makers)))))


def adopt(run: Run, names: dict[Token, Token]) -> None:
    """The new tokens come from the same definitions as the old."""
    for old, new in names.items():
        run.facts.links.add((old, new))
        known = run.facts.origins.get(new, frozenset())
        run.facts.origins[new] = known | run.facts.origins.get(old, frozenset())


@contextmanager
def adopted(run: Run, names: dict[Token, Token]) -> Iterator[None]:
    """Inside, the new tokens come from the definitions of this one call, and not from those of others too."""
    origins = run.facts.origins
    others = {new: origins.pop(new, frozenset()) for new in names.values() if new not in names}
    adopt(run, names)
    try:
        yield
    finally:
        for new, known in others.items():
            origins[new] = origins.get(new, frozenset()) | known
