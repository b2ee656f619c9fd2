"""Tables that comprehensions write out: `np.array([[i * j for j in range(m)] for i in range(n)])`."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Array, Const, Length, Symbol
from migrate.analysis.run import Run
from migrate.analysis.shapes.plain_shapes import size_of
from migrate.analysis.shapes.sizes import SCALAR, Shape, Size

OF_NUMBERS = frozenset({"power", "sqrt", "sin", "cos", "exp", "log"})
MAKING = frozenset({"numpy.array", "numpy.asarray", "jax.numpy.array", "jax.numpy.asarray"})


def tabulated(run: Run, node: ast.Call) -> Array | None:
    """The array of such a table; None for any other call."""
    callee = run.facts.values.get(node.func)
    if not isinstance(callee, Symbol) or callee.name not in MAKING or len(node.args) != 1:
        return None
    axes: list[Size | None] = []
    counts: list[str] = []
    inner = node.args[0]
    while isinstance(inner, ast.ListComp):
        count = _count(run, inner)
        if count is None:
            return None
        counts.append(ast.dump(count))
        axes.append(size_of(run.facts.values[count]) if count in run.facts.values else None)
        inner = inner.elt
    return Array(Shape(tuple(axes), True)) if axes and _is_number(run, inner, counts) else None


def _count(run: Run, node: ast.ListComp) -> ast.expr | None:
    """How often a comprehension over `range(n)` goes round."""
    match node.generators:
        case [ast.comprehension(iter=ast.Call(func=function, args=[count], keywords=[]), ifs=[])]:
            plain = run.facts.values.get(function) == Symbol("builtins.range")
            return count if plain and not isinstance(count, ast.Starred) else None
        case _:
            return None


def _is_number(run: Run, node: ast.expr, counts: list[str]) -> bool:
    """Whether an item is one number, made of what is counted and of other numbers."""
    match node:
        case ast.BinOp(left=left, right=right):
            return _is_number(run, left, counts) and _is_number(run, right, counts)
        case ast.UnaryOp(operand=operand):
            return _is_number(run, operand, counts)
        case ast.Call(func=function, args=args, keywords=[]):
            callee = run.facts.values.get(function)
            module, _, name = callee.name.rpartition(".") if isinstance(callee, Symbol) else ("", "", "")
            known = module in {"numpy", "math", "jax.numpy"} and name in OF_NUMBERS
            return known and all(_is_number(run, arg, counts) for arg in args)
        case _:
            value = run.facts.values.get(node)
            plain = isinstance(value, Const) and isinstance(value.value, int | float)
            plain |= isinstance(value, Length) and (value.scalar or ast.dump(node) in counts)
            return plain or value == Array(SCALAR)
