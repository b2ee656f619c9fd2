"""Partial calls of module classes outside of modules: `ResNet18 = partial(ResNet, block=Block)`.

They stay partial calls, of the new class: what they give is looked at like what a construction gives.
"""

from __future__ import annotations

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Class, Mixed, Partial, Value
from migrate.analysis.modules import class_fields
from migrate.analysis.modules.classes import is_module
from migrate.analysis.run import Run
from migrate.analysis.training.partials import applied


def remembered(run: Run, value: Value) -> Value:
    """Note what a partial call gives to a module class, and which layer classes its fields get by that."""
    cls = class_of(value)
    if cls is None or run.owner is not None or not isinstance(value, Partial) or value.site is None:
        return value
    run.facts.prepared[value.site] = cls
    given = Arguments(value.site, (), ())
    inner: Value = value
    while isinstance(inner, Partial):
        given, inner = applied(inner, given), inner.function
    class_fields.bind(run, cls, given)
    return value


def class_of(value: Value | None) -> Class | None:
    """The module class of a partial call, which may be one of a partial call."""
    while isinstance(value, Partial):
        value = value.function
        if isinstance(value, Class):
            return value if is_module(value) else None
    return None


def classes_in(value: Value | None) -> set[Class]:
    """The module classes of what may be partial calls of them."""
    parts = value.parts if isinstance(value, Mixed) else {value}
    return {cls for part in parts if (cls := class_of(part)) is not None}
