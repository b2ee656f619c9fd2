"""`lax.dot_general` that multiplies the last axis of an array with the first one of a matrix."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Symbol, Value
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import matmul

LAST_AND_FIRST = "((({0}.ndim - 1,), (0,)), ((), ()))"


def contracted(run: Run, node: ast.Call, args: tuple[Value, ...]) -> Value | None:
    """The product of `dot_general(x, kernel, (((x.ndim - 1,), (0,)), ((), ())))`; None for other calls."""
    if run.facts.values.get(node.func) != Symbol("jax.lax.dot_general") or len(args) != 3:
        return None
    array, _, numbers = node.args
    written = LAST_AND_FIRST.format(ast.unparse(array))
    return matmul(args[0], args[1]) if ast.unparse(numbers) == written else None
