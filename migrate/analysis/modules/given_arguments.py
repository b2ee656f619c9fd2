"""Whether an argument of a function is there, where it is read for one call: `scale is not None`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Const
from migrate.analysis.run import Run


def is_given(run: Run, test: ast.expr) -> bool | None:
    """What a comparison with None gives; None for any other test, or where it cannot be told."""
    match test:
        case ast.Compare(
            left=ast.Name() as name,
            ops=[ast.Is() | ast.IsNot() as operator],
            comparators=[ast.Constant(value=None)],
        ):
            value = run.evaluate(name)
            if not isinstance(value, Const):
                return None
            return (value.value is not None) == isinstance(operator, ast.IsNot)
        case _:
            return None
