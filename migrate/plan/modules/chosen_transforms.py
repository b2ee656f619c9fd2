"""Transformations that a condition on fields chooses: `vmap = jax.vmap if self.ensemble else ...`."""

from __future__ import annotations

import ast

from migrate.plan.blocked import Blocked
from migrate.plan.context import Plan


def in_front(plan: Plan, call: ast.Call, name: str, choice: str, options: str = "") -> None:
    """`name` is a transformation or nothing, by a line in front of the first statement with such a call."""
    method = plan.facts.scopes.function(call)
    mentioned = any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(method))
    if mentioned or name in plan.facts.scopes.bound[method] or not isinstance(method, ast.FunctionDef):
        raise Blocked(call, "LNX130", f"`{name}`, which this call would need, means something else here")
    first = next(s for s in method.body if call in set(ast.walk(s)))
    line = f"{name} = {choice} else lambda function{options}: function"
    for statement in method.body:
        for known in [k for k in plan.edits.before.get(statement, ()) if str(k).startswith(f"{name} = ")]:
            if known != line:
                raise Blocked(call, "LNX130", f"`{name}` would have to mean two things in one method")
            if method.body.index(statement) <= method.body.index(first):
                return
            plan.edits.before[statement].remove(known)
    plan.edits.before[first].append(line)
