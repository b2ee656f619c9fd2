"""Attributes that hold a layer or nothing, or one of several layers, as a condition in `setup` decides."""

from __future__ import annotations

from migrate.analysis.kinds import Const, Instance, Mixed, Value
from migrate.analysis.run import Run

NOTHING = Const(None)


def alternatives(value: Value) -> list[Instance] | None:
    """The layers of which the value is one; None where it may be anything but these and `None`."""
    if not isinstance(value, Mixed):
        return None
    parts = value.parts - {NOTHING}
    layers = [part for part in parts if isinstance(part, Instance)]
    if not layers or len(layers) < len(parts):
        return None
    return sorted(layers, key=lambda layer: (layer.site.lineno, layer.site.col_offset))


def are_optional(run: Run, *values: Value) -> bool:
    """Whether values that are compared are such layers of the module that is being read, or None."""
    return run.owner is not None and all(v == NOTHING or alternatives(v) is not None for v in values)
