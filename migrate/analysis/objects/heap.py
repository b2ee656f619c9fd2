"""The attributes of followed objects, kept among the variables of the frame that runs.

A call takes them into its frame and brings them back, so that branches, loops, exceptions and updates treat
them as they treat variables.
"""

from __future__ import annotations

from migrate.analysis.frames import Frame, Variables, merge
from migrate.analysis.kinds import Thing, Value
from migrate.analysis.program.scopes import COMPREHENSIONS

MARK = "_."


def key(thing: Thing, attribute: str) -> str:
    """The name under which an attribute is kept; no name of a program has a dot in it."""
    return f"{prefix(thing)}{attribute}"


def prefix(thing: Thing) -> str:
    """What the names of an object's attributes begin with."""
    return f"{MARK}{id(thing.site)}."


def of(variables: Variables) -> Variables:
    """The attributes among some variables."""
    return {name: value for name, value in variables.items() if name.startswith(MARK)}


def frame_of(frame: Frame) -> Frame:
    """The frame whose variables hold the attributes: comprehensions run inside of another one."""
    while isinstance(frame.scope, COMPREHENSIONS) and frame.outer is not None:
        frame = frame.outer
    return frame


def read(frame: Frame, thing: Thing, attribute: str) -> Value | None:
    """What an attribute holds now; None where nothing has set it."""
    return frame_of(frame).vars.get(key(thing, attribute))


def enter(frame: Frame, caller: Frame) -> Variables:
    """A call begins with the attributes as they are, which are given back."""
    entry = of(frame_of(caller).vars)
    frame.vars |= entry
    return entry


def leave(frame: Frame, caller: Frame, entry: Variables | None) -> None:
    """The attributes after a call; `entry` are those before it, where it may not have happened at all."""
    ends = [*frame.exits, *([of(frame.vars)] if frame.live else [])]
    if not ends:
        return
    after = ends[0]
    for end in ends[1:]:
        after = merge(after, end)
    frame_of(caller).vars.update(merge(entry, after) if entry is not None else after)
