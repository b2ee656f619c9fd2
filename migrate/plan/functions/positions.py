"""Indices of parameters, where one parameter becomes two or none."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Batched, Bound, Function, Jit, Mixed, Partial, Value, Wrapped
from migrate.analysis.program.parameters import positional_parameters
from migrate.analysis.program.scopes import FunctionNode
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.rewrite.edits import Piece


def function_of(value: Value | None) -> FunctionNode | None:
    """The function behind a value, under `jit` or not."""
    match value:
        case Function(node):
            return node
        case Jit(function) | Batched(function) | Partial(function):
            return function_of(function)
        case Bound(_, function) | Wrapped(_, function):
            return function_of(function)
        case Mixed(parts):
            nodes = {function_of(part) for part in parts}
            return nodes.pop() if len(nodes) == 1 else None
        case _:
            return None


def spread(plan: Plan, function: FunctionNode, transform: ast.expr) -> list[int]:
    """For each positional parameter that `transform` leaves open, how many parameters it becomes."""
    changed = plan.edits.parameters.get(function, {})
    positional = positional_parameters(function)
    counts = [len(changed[a.arg]) if a.arg in changed else 1 for a in positional]
    return counts[_given_before(plan, transform) :]


def _given_before(plan: Plan, transform: ast.expr) -> int:
    """How many arguments a partial call has already of which a transform is taken."""
    first = transform.args[0] if isinstance(transform, ast.Call) and transform.args else None
    value = plan.facts.values.get(first) if first is not None else None
    count = 0
    while isinstance(value, Partial):
        count, value = count + len(value.args), value.function
    return count


def moved(plan: Plan, function: FunctionNode, transform: ast.expr, indices: ast.expr) -> Piece:
    """`indices`, an int or a display of ints, after the change of the function's parameters."""
    counts = spread(plan, function, transform)
    if all(count == 1 for count in counts):
        return indices
    match indices:
        case ast.Constant(value=int(index)):
            new = _new(counts, index, indices)
            return str(new[0]) if len(new) == 1 else f"({', '.join(map(str, new))})"
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if all(_is_index(e) for e in elements):
            numbers = [
                n for e in elements if isinstance(e, ast.Constant) for n in _new(counts, e.value, indices)
            ]
            inner = ", ".join(map(str, numbers))
            if isinstance(indices, ast.List):
                return f"[{inner}]"
            return f"({inner},)" if len(numbers) == 1 else f"({inner})"
        case _:
            raise Blocked(indices, "LNX202", "argument numbers are computed, and the arguments have moved")


def _is_index(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _new(counts: list[int], index: object, node: ast.expr) -> list[int]:
    if not isinstance(index, int) or not -len(counts) <= index < len(counts):
        raise Blocked(node, "LNX202", "an argument number does not fit the function")
    index %= len(counts)
    start = sum(counts[:index])
    return list(range(start, start + counts[index]))
