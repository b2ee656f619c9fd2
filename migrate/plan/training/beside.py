"""What is computed in one tuple with an update that moves out of it."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import VANISHING, followed
from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def check_beside(plan: Plan, update: ast.expr, result: ast.Tuple) -> None:
    """What stands beside the update must not read the model: it would see the new weights."""
    for element in result.elts:
        if element is not update:
            for node in ast.walk(element):
                value = plan.facts.values.get(node)
                if value is not None and followed(value) and not isinstance(value, VANISHING):
                    message = "the old state is read beside the update that replaces it"
                    raise Blocked(element, "LNX011", message)
