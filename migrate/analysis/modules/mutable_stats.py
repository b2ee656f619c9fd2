"""`not self.is_mutable_collection("batch_stats")`: a norm that asks what `apply` may change.

In NNX each norm holds the flag itself: it is False after the construction, and True in a view of the model.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Value
from migrate.analysis.modules.hoisting import assigned_value
from migrate.analysis.sites import AskMutable

if TYPE_CHECKING:
    from migrate.analysis.facts import Facts
    from migrate.analysis.run import Run

SYMBOL = "linen2nnx.is_mutable_collection"
FLAG = "use_running_average"


def is_asked(run: Run, node: ast.Attribute) -> bool:
    """Whether a module asks whether its statistics may change."""
    match run.facts.scopes.parent[node]:
        case ast.Call(func=function, args=[ast.Constant(value="batch_stats")], keywords=[]):
            return function is node and node.attr == "is_mutable_collection" and run.owner is not None
        case _:
            return False


def asked(run: Run, given: Arguments) -> Value:
    """Such a call, which gives True or False."""
    assert run.owner is not None
    run.facts.site(AskMutable(given.node, run.owner))
    return UNKNOWN


def is_mode(facts: Facts, node: ast.expr) -> bool:
    """Whether an expression says that the statistics may not change."""
    return _asks(facts, node) is False


def _asks(facts: Facts, node: ast.expr) -> bool | None:
    """Whether an expression is the question itself, or the opposite of it; None for any other one."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = _asks(facts, operand)
            return None if found is None else not found
        case ast.Name() if (value := assigned_value(facts, node)) is not None:
            return _asks(facts, value)
        case ast.Call() if isinstance(facts.sites.get(node), AskMutable):
            return True
        case _:
            return None
