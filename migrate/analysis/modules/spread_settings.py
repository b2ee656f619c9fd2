"""Modules that are built with the settings in a field: `Encoder(name="encoder", **self.transformer)`.

What the field holds is not known, so that nothing is known of the fields that the call does not name.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import field_names
from migrate.analysis.modules.hoisting import is_self
from migrate.analysis.run import Run


def are_settings(run: Run, node: ast.expr) -> bool:
    """Whether an expression reads a field, or a part of one, as `self.config.transformer`."""
    match node:
        case ast.Attribute(value=ast.Name() as base, attr=name):
            own = run.owner is not None and is_self(run.owner, base)
            return own and run.owner is not None and name in field_names(run.owner)
        case ast.Attribute(value=inner) | ast.Subscript(value=inner, slice=ast.Constant()):
            return are_settings(run, inner)
        case _:
            return False


def spread(call: ast.Call) -> list[ast.expr]:
    """What a call spreads into keywords."""
    return [keyword.value for keyword in call.keywords if keyword.arg is None]


def left_open(cls: Class | None, call: ast.Call) -> frozenset[str]:
    """The fields that a construction may or may not be given by what it spreads."""
    if cls is None or not spread(call):
        return frozenset()
    names = field_names(cls)
    return frozenset(names[len(call.args) :]) - {keyword.arg for keyword in call.keywords if keyword.arg}
