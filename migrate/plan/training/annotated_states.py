"""Functions that nothing calls, and whose annotation says that they take a train state of an own class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan
from migrate.plan.training.holders import held_fields, stats_field
from migrate.plan.training.stats_states import mentions

OF_LIBRARY = frozenset({"step", "apply_fn", "params", "tx", "opt_state", "apply_gradients"})
"""What a state of Flax's own class has, and the record that takes its place has not."""


def check_annotated(plan: Plan, cls: Class) -> None:
    """A state of callers elsewhere may not be read for a field that goes."""
    facts = plan.facts
    gone = OF_LIBRARY | {*held_fields(facts, cls)} | {stats_field(facts, cls)}
    for mention in mentions(facts, cls.node):
        argument = next((n for n in _around(facts, mention) if isinstance(n, ast.arg)), None)
        function = facts.scopes.parent[facts.scopes.parent[argument]] if argument is not None else None
        if argument is None or function is None or (function, argument.arg) in facts.parameters:
            continue
        for node in ast.walk(function):
            of_argument = isinstance(node, ast.Attribute) and ast.unparse(node.value) == argument.arg
            if isinstance(node, ast.Attribute) and of_argument and node.attr in gone:
                message = "it cannot be seen where the train state that is used here comes from"
                raise Blocked(node, "LNX015", message)


def _around(facts: Facts, node: ast.AST) -> Iterator[ast.AST]:
    while node in facts.scopes.parent:
        node = facts.scopes.parent[node]
        yield node
