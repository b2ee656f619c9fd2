"""A dict of variables under a name: `variables = {"params": ...}`, then `apply(variables, x)`.

The dict goes. The model that it stands for must be the same where it was made and where it is used.
"""

from __future__ import annotations

import ast

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import VANISHING, followed
from migrate.analysis.sites import Apply, ApplyFunction, Bind
from migrate.plan.blocked import Blocked


def goes_to_apply(facts: Facts, node: ast.Name) -> bool:
    """Whether a name is the variables of a call of `apply`."""
    site = facts.sites.get(facts.scopes.parent[node])
    return isinstance(site, Apply | ApplyFunction | Bind) and site.variables is node


def variables_of(facts: Facts, target: ast.Name) -> list[ast.Name]:
    """The uses of what `target` binds as the variables of `apply`."""
    return [node for node in facts.scopes.names(_variable(facts, target)) if goes_to_apply(facts, node)]


def display_of(facts: Facts, node: ast.Name) -> ast.Dict:
    """The dict that a name stands for, or `Blocked` where that is not certain."""
    names = facts.scopes.names(_variable(facts, node))
    stores = [n for n in names if isinstance(n.ctx, ast.Store)]
    statement = facts.scopes.parent[stores[0]] if len(stores) == 1 else None
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Dict):
        raise Blocked(node, "LNX010", f"`{node.id}` holds parameters in a dict: write the dict at the call")
    if len(statement.targets) > 1 or any(n not in stores and not goes_to_apply(facts, n) for n in names):
        raise Blocked(node, "LNX010", f"`{node.id}` is a dict of variables that is used in other ways too")
    _check_between(facts, statement, node)
    return statement.value


def _check_between(facts: Facts, statement: ast.Assign, node: ast.Name) -> None:
    """Between the dict and its use no name may be given another model."""
    block, use = facts.scopes.block(statement), facts.scopes.statement(node)
    if use not in block or block.index(use) < block.index(statement):
        raise Blocked(node, "LNX010", f"`{node.id}` holds parameters in a dict: write the dict at the call")
    between = block[block.index(statement) + 1 : block.index(use)]
    for part in (n for s in between for n in ast.walk(s)):
        value = facts.values.get(part)
        bound = isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        if bound and value is not None and followed(value) and not isinstance(value, VANISHING):
            message = f"`{node.id}` was made before a model was bound anew: write the dict at the call"
            raise Blocked(node, "LNX011", message)


def _variable(facts: Facts, node: ast.Name):  # type: ignore[no-untyped-def]
    return facts.scopes.variable(node, node.id)
