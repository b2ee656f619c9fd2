"""What a call may leave out: `tx=None` for a network that nothing trains.

A test for None is decided where the value is known at this call, so that the same function may make a state
with an optimizer for one caller and without one for another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Sequence as Items

from migrate.analysis.kinds import Const, Transformation, Value, followed
from migrate.analysis.program.parameters import optional_parameters
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode
from migrate.analysis.run import Run

NOTHING = Const(None)


def left_out(node: FunctionNode) -> dict[str, Value]:
    """The parameters that are None where a call does not give them."""
    return dict.fromkeys(optional_parameters(node), NOTHING)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def taken(run: Run, node: ast.If) -> Items[ast.stmt] | None:
    """The block of an `if` that runs with what this call was given; None where both may."""
    holds = _holds(run, node.test)
    if holds is None:
        run.reached |= {(node, True), (node, False)}
        return None
    other = node.orelse if holds else node.body
    kept = {name.id for block in other for name in _loaded(block)}
    values = (frame.vars[name] for name in kept for frame in run.frame.chain() if name in frame.vars)
    run.passed.setdefault(node, {})[not holds] = tuple(value for value in values if followed(value))
    run.reached.add((node, holds))
    return node.body if holds else node.orelse


def _holds(run: Run, test: ast.expr) -> bool | None:
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as how], comparators=[other]):
            if not _is_none(other) or not _is_parameter(run, name):
                return None
        case _:
            return None
    value = run.frame.vars.get(name)
    if value == NOTHING:
        return isinstance(how, ast.Is)
    return isinstance(how, ast.IsNot) if isinstance(value, Transformation) else None


def _is_parameter(run: Run, name: str) -> bool:
    scope = run.frame.scope
    return isinstance(scope, FUNCTIONS) and any(
        isinstance(node, ast.arg) and node.arg == name for node in ast.walk(scope.args)
    )


def _loaded(block: ast.stmt) -> Iterator[ast.Name]:
    return (n for n in ast.walk(block) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))


def settle(run: Run) -> None:
    """A block that nothing in sight runs may not use what changes around it."""
    for node, sides in run.passed.items():
        for side, values in sides.items():
            if (node, side) not in run.reached:
                message = "a followed value is used in a block that no call in these files runs"
                run.escape(node, "LNX015", message, *values)
