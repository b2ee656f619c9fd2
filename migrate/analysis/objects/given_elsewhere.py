"""What methods give back that nothing in the sources calls: `def weights(self): return self.params`."""

from __future__ import annotations

from migrate.analysis.kinds import Function, Optimizer, OptState, Params, Record, Value, Variables, parts
from migrate.analysis.run import Run

TREES = (Params, Variables, OptState, Optimizer)
"""What callers elsewhere would read as a tree, and NNX keeps in an object."""


def check(run: Run, function: Function, result: Value) -> None:
    """Whoever calls such a method expects the trees that Linen would give; a record is one still."""
    message = "a followed value is given back by a method that nothing in these files calls"
    given = (result, *(() if isinstance(result, Record) else parts(result)))
    run.escape(function.node, "LNX206", message, *(value for value in given if isinstance(value, TREES)))
