"""Frames: the variables of one activation of a scope, joined where control flow joins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis import nnx_kinds
from migrate.analysis.kinds import UNKNOWN, Tokens, Value, aged, join

Variables = dict[str, Value]


class Frame:
    """The variables of a scope while it runs; compared by identity, as two activations differ."""

    def __init__(self, scope: ast.AST, outer: Frame | None) -> None:
        self.scope = scope
        self.outer = outer
        self.vars: Variables = {}
        self.returned: Value | None = None
        self.live = True
        self.jumps: list[tuple[list[Variables], list[Variables]]] = []

    def chain(self) -> Iterator[Frame]:
        """This frame and the ones it closes over, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.outer

    def age(self, tokens: Tokens, stats: bool = False) -> None:
        """Mark every variable that denotes one of `tokens` as an old value."""
        for name, value in self.vars.items():
            self.vars[name] = aged(value, tokens, stats)


def merge(left: Variables, right: Variables) -> Variables:
    """Both ways a block may end; a name bound on one way only keeps that kind."""
    merged = {n: v if n in right else nnx_kinds.aged(v, None) for n, v in left.items()}
    for name, value in right.items():
        merged[name] = join(merged[name], value) if name in merged else nnx_kinds.aged(value, None)
    return merged


def joined_return(frame: Frame) -> Value:
    """What a call of the frame's function gives back."""
    return frame.returned if frame.returned is not None else UNKNOWN
