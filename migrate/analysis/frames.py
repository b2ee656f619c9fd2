"""Frames: the variables of one activation of a scope, joined where control flow joins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.ageing import aged, has_stats, only, without_stats, without_time
from migrate.analysis.joining import join
from migrate.analysis.kinds import UNKNOWN, WITH_TOKENS, Tokens, Value, tokens_of
from migrate.analysis.nnx_code import nnx_kinds

Variables = dict[str, Value]


class Frame:
    """The variables of a scope while it runs; compared by identity, as two activations differ."""

    def __init__(self, scope: ast.AST, outer: Frame | None) -> None:
        self.scope = scope
        self.outer = outer
        self.vars: Variables = {}
        self.returned: Value | None = None
        self.live = True
        self.exits: list[Variables] = []
        self.jumps: list[tuple[list[Variables], list[Variables]]] = []
        self.entry: Variables = {}
        """What the call began with."""
        self.spread: frozenset[str] | None = None
        """What the `**` parameter holds by name; None where that is not known."""

    def chain(self) -> Iterator[Frame]:
        """This frame and the ones it closes over, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.outer

    def age(self, tokens: Tokens, stats: bool = False) -> None:
        """Mark every variable that denotes one of `tokens` as an old value."""
        for name, value in self.vars.items():
            if type(value) in WITH_TOKENS:
                self.vars[name] = aged(value, tokens, stats)


def merge(left: Variables, right: Variables) -> Variables:
    """Both ways a block may end; a name bound on one way only keeps that kind."""
    merged = {n: v if n in right else nnx_kinds.aged(v, None) for n, v in left.items()}
    for name, value in right.items():
        merged[name] = join(merged[name], value) if name in merged else nnx_kinds.aged(value, None)
    for name in _parted(merged, left, right):
        merged[name] = without_time(merged[name])
    return merged


def _parted(merged: Variables, *ways: Variables) -> set[str]:
    """The variables with batch statistics that are of another time than the model on one of the ways.

    Afterwards both may be of either time, so that they would seem to belong together.
    """
    stats = [name for name, value in merged.items() if has_stats(value)]
    owners = [name for name, value in merged.items() if tokens_of(without_stats(value))]
    return {
        name
        for name in stats
        for owner in owners
        if tokens_of(only(merged[name])) == tokens_of(without_stats(merged[owner]))
        if any(
            _times(way.get(name)) != _owner_times(way.get(owner))
            for way in ways
            if {name, owner} <= way.keys()
        )
    }


def _times(value: Value | None) -> Tokens:
    return tokens_of(only(value)) if value is not None else frozenset()


def _owner_times(value: Value | None) -> Tokens:
    return tokens_of(without_stats(value)) if value is not None else frozenset()


def joined_return(frame: Frame) -> Value:
    """What a call of the frame's function gives back."""
    return frame.returned if frame.returned is not None else UNKNOWN
