"""`del params`: a name that is given up, while the object behind it may live on."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    ApplyFn,
    Instance,
    Optimizer,
    Params,
    State,
    Stats,
    Updates,
    Variables,
)
from migrate.analysis.modules import collected
from migrate.analysis.run import Run
from migrate.analysis.sites import DeleteName

OBJECTS = (ApplyFn, Instance, Optimizer, Params, State, Stats, Updates, Variables)


def delete(run: Run, target: ast.expr) -> None:
    """A plain name may go; an item or an attribute changes what held it."""
    kind = run.evaluate(target)
    plain = isinstance(target, ast.Name) and target not in run.facts.scopes.members
    if plain and isinstance(kind, OBJECTS) and isinstance(target, ast.Name):
        run.facts.site(DeleteName(target))
        return
    run.escape(target, "LNX299", "a followed value is deleted", kind)
    if isinstance(target, ast.Subscript):
        collected.forget(run, run.evaluate(target.value))
