"""An object of one of several classes: `agent = Sac(x) if smooth else Ddpg(x)`, then `agent.update(batch)`.

Just one of the methods runs, so that each is a way that the program may take.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.frames import merge
from migrate.analysis.joining import join
from migrate.analysis.kinds import Bound, Function, Mixed, Thing, Value, followed
from migrate.analysis.objects import heap
from migrate.analysis.objects.things import DYNAMIC, lookup
from migrate.analysis.run import Run


def methods(run: Run, value: Mixed, name: str) -> Mixed | None:
    """The methods of that name, if every object that the value may be has one."""
    found: list[Value] = []
    for thing in value.parts:
        method = lookup(run, thing.cls, name) if isinstance(thing, Thing) else None
        if not isinstance(thing, Thing) or not isinstance(method, Function) or name in DYNAMIC:
            return None
        if heap.read(run.frame, thing, name) is not None:
            return None
        found.append(Bound(thing, method))
    return Mixed(frozenset(found))


def are_methods(value: Mixed) -> bool:
    """Whether a value is a method of one of several objects."""
    return all(isinstance(part, Bound) and isinstance(part.first, Thing) for part in value.parts)


def call(run: Run, value: Mixed, given: Arguments, invoke: Callable[[Run, Value, Arguments], Value]) -> Value:
    """What the method gives, whichever object it is of."""
    if any(map(followed, (*given.args, *dict(given.keywords).values()))):
        return lost(run, given, value)
    frame = heap.frame_of(run.frame)
    start, ends, results = dict(frame.vars), [], []
    for part in sorted(value.parts, key=_place):
        frame.vars = dict(start)
        results.append(invoke(run, part, given))
        ends.append(frame.vars)
    frame.vars = functools.reduce(merge, ends)
    return functools.reduce(join, results)


def _place(part: Value) -> tuple[int, int]:
    assert isinstance(part, Bound) and isinstance(part.first, Thing)
    return part.first.cls.node.lineno, getattr(part.first.site, "lineno", 0)
