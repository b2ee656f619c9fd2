"""Sides of a test that no call takes: they are read at the end, as they will be rewritten, too.

Such a side is read by itself, so that what it does must not be noticed behind it. Where it may be, the
project is read again: a function with a flag as for a call that gives the other value, a test for
None both ways.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrate.analysis.frames import Frame
from migrate.analysis.joining import join
from migrate.analysis.kinds import UNKNOWN, Array, Const, Instance, Length, Token, Tokens, Value
from migrate.analysis.objects import heap
from migrate.analysis.program.scopes import FUNCTIONS
from migrate.analysis.program.syntax import names_in
from migrate.analysis.run import Run


@dataclass
class Skipped:
    """Where the program stood in front of a side that was passed by, and what the other side led to."""

    frame: Frame
    variables: dict[str, Value]
    frozen: tuple[Tokens, ...]
    end: dict[str, Value] | None = field(default=None)
    value: Value = UNKNOWN
    origins: dict[Token, frozenset[Instance]] = field(default_factory=dict)


def here(run: Run) -> Skipped:
    """Where the program stands now."""
    return Skipped(run.frame, dict(run.frame.vars), tuple(run.frozen))


def settle(run: Run) -> bool:
    """Read what no call has taken; whether there was anything."""
    read = False
    while waiting := [place for place in run.skipped if place not in run.taken]:
        for node, side in waiting:
            skipped = run.skipped[node, side]
            with _as_it_was(run, skipped):
                _settle(run, node, side, skipped)
            run.taken.add((node, side))
            read = True
    return read


def _settle(run: Run, node: ast.If | ast.IfExp, side: bool, skipped: Skipped) -> None:
    flag = flag_of(node.test)
    if node not in run.facts.undecided or flag is None:
        if not _read(run, node, side, skipped):
            run.facts.undecided.add(node)
        return
    _call(run, flag, skipped.frame)
    if (node, side) not in run.taken:
        message = "a followed value is used in a block that no call in these files runs"
        run.escape(node, "LNX015", message, *skipped.variables.values())


@contextmanager
def _as_it_was(run: Run, skipped: Skipped) -> Iterator[None]:
    """Inside, the tokens come from the definitions of the call that passed the side by."""
    origins = run.facts.origins
    known = {token: origins[token] for token in skipped.origins}
    origins |= skipped.origins
    try:
        yield
    finally:
        for token, since in known.items():
            origins[token] |= since


def flag_of(test: ast.expr) -> str | None:
    """The flag that a test asks for."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)) | ast.Name(id=name):
            return name
        case _:
            return None


def _call(run: Run, flag: str, taken: Frame) -> None:
    """Run a function as for a call that gives the other value for a flag."""
    node, given = taken.scope, taken.entry.get(flag)
    if not isinstance(node, FUNCTIONS) or not isinstance(given, Const):
        return
    frame = Frame(node, taken.outer)
    frame.vars, frame.spread = taken.entry | {flag: Const(not given.value)}, taken.spread
    run.active.append(node)
    with run.entering(frame):
        if isinstance(node, ast.Lambda):
            run.evaluate(node.body)
        else:
            run.execute(node.body)
    run.active.pop()


def _read(run: Run, node: ast.If | ast.IfExp, side: bool, skipped: Skipped) -> bool:
    """Whether nothing behind the test could notice that this side had been taken."""
    frame, frozen = skipped.frame, run.frozen
    kept = (frame.vars, frame.live, frame.returned, [*frame.exits])
    frame.vars, frame.live, run.frozen = dict(skipped.variables), True, [*skipped.frozen]
    run.active.append(frame.scope)
    with run.entering(frame), run.collecting() as updated:
        quiet = _run_block(run, node, side, skipped) if isinstance(node, ast.If) else True
        if isinstance(node, ast.IfExp):
            quiet = _fits(skipped.value, run.evaluate(node.body if side else node.orelse))
        quiet = quiet and not updated and heap.of(frame.vars) == heap.of(skipped.variables)
    run.active.pop()
    run.frozen = frozen
    frame.vars, frame.live, frame.returned, frame.exits = kept
    return quiet


def _run_block(run: Run, node: ast.If, side: bool, skipped: Skipped) -> bool:
    frame, scopes = run.frame, run.facts.scopes
    run.execute(node.body if side else node.orelse)
    if not frame.live:
        return True
    if skipped.end is None:
        block = scopes.block(node)
        if scopes.parent[node] is not frame.scope:
            return False
        run.execute(block[block.index(node) + 1 :])
        return True
    given = {name for name in names_in(node.test) if frame.vars.get(name) == skipped.variables.get(name)}
    common = frame.vars.keys() & skipped.end.keys() - given
    alone = {name for name in frame.vars.keys() - skipped.end.keys() if _matters(frame.vars[name])}
    return not alone and all(_fits(skipped.end[name], frame.vars[name]) for name in common)


def _fits(taken: Value, other: Value) -> bool:
    """Whether what follows one value covers the other."""
    return join(taken, other) == taken or not (_matters(taken) or _matters(other))


def _matters(value: Value) -> bool:
    """Whether the kind of a value says more than its shape."""
    return value != UNKNOWN and not isinstance(value, (Const, Array, Length))
