"""Functions that close over different activations of one scope which hold the same.

The second turn of a loop makes the same closures as the first one, over frames of their own.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from migrate.analysis.kinds import Class, Function

if TYPE_CHECKING:
    from migrate.analysis.frames import Frame

Assumed = frozenset[tuple[int, int]]
"""Pairs of frames, by identity, that are alike if everything else is: closures often hold themselves."""


def alike(left: object, right: object, assumed: Assumed = frozenset()) -> bool:
    """Whether two kinds are equal but for the activations that functions in them close over."""
    if left is right or left == right:
        return True
    if isinstance(left, Function | Class) and isinstance(right, Function | Class):
        return left.node is right.node and _alike_frames(left.frame, right.frame, assumed)
    if isinstance(left, tuple) and isinstance(right, tuple):
        same = len(left) == len(right)
        return same and all(alike(a, b, assumed) for a, b in zip(left, right, strict=True))
    if type(left) is not type(right) or not is_dataclass(left):
        return False
    names = [field.name for field in fields(left) if field.compare]
    return all(alike(getattr(left, name), getattr(right, name), assumed) for name in names)


def _alike_frames(left: Frame | None, right: Frame | None, assumed: Assumed) -> bool:
    if left is None or right is None or left.scope is not right.scope:
        return left is right
    pair = (id(left), id(right))
    if left is right or pair in assumed:
        return True
    assumed |= {pair}
    held, others = _names(left), _names(right)
    same = held.keys() == others.keys() and _alike_frames(left.outer, right.outer, assumed)
    return same and all(alike(value, others[name], assumed) for name, value in held.items())


def _names(frame: Frame) -> dict[str, object]:
    """The variables; attributes of objects have a dot, and are read where a function runs."""
    return {name: value for name, value in frame.vars.items() if "." not in name}
