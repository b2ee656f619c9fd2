"""Functions that are compiled ahead of their calls: `step.lower(state, x).compile()`.

What is lowered is not run, but it is handed the arguments that the compiled function takes later.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.kinds import UNKNOWN, Batched, Jit, Method, Value, followed
from migrate.analysis.run import Run

LOWERED = "lowered"
"""The method by whose name the result of `lower` is known."""

DESCRIBING = frozenset({"as_text", "cost_analysis", "memory_analysis"})
"""Methods of what is lowered or compiled that only describe it."""


def attribute(node: ast.Attribute, holder: Value) -> Value | None:
    """`step.lower` and `lowered.compile`; None for anything else."""
    if isinstance(holder, Jit | Batched) and node.attr in DESCRIBING:
        return Method(holder, node.attr)
    match holder, node.attr:
        case Jit() | Batched(), "lower":
            return Method(holder, "lower")
        case Method(Jit() | Batched() as function, name), "compile" if name == LOWERED:
            return Method(function, "compile")
        case _:
            return None


def call(
    run: Run, method: Method, given: Arguments, invoke: Callable[[Run, Value, Arguments], Value]
) -> Value:
    """The lowered function, or the compiled one, which is called like that which was lowered.

    `lower` is read as a call with these arguments whose results nobody has: it works on copies.
    """
    function = method.receiver
    assert isinstance(function, Jit | Batched)
    if method.name != "lower":
        lost(run, given)
        return function if method.name == "compile" else UNKNOWN
    in_place = run.style == "stateful" and isinstance(function, Jit)
    values = (*given.args, *dict(given.keywords).values())
    if any(map(followed, values)) and (in_place or _drops_arguments(function.site)):
        return lost(run, given)
    invoke(run, function, given)
    return Method(function, LOWERED)


def _drops_arguments(site: ast.expr) -> bool:
    """Whether the compiled function is not given all that the function takes."""
    words = [keyword.arg or "static" for keyword in site.keywords] if isinstance(site, ast.Call) else []
    return any(word.startswith("static") for word in words)
