"""States that are created from parameters which an attribute goes on holding: `params=self.init_params`.

Linen's attribute keeps the numbers of the beginning however long the state is trained, so that the state gets
a model of its own.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import Token, Tokens
from migrate.analysis.run import Run
from migrate.analysis.sites import ParamsItem, ReadState
from migrate.analysis.training.copies import adopt


def lasts(run: Run, node: ast.Call, params: ast.expr) -> bool:
    """Whether a state goes into an attribute, and its parameters are read from one."""
    statement = run.facts.scopes.parent[node]
    match statement:
        case ast.Assign(targets=[ast.Name() as target]):
            return target in run.facts.scopes.members and _is_attribute(run, params)
        case _:
            return False


def _is_attribute(run: Run, node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_attribute(run, node.body) or _is_attribute(run, node.orelse)
    while isinstance(site := run.facts.sites.get(node), ReadState | ParamsItem):
        node = site.node.value
    return node in run.facts.scopes.members


def copied(run: Run, node: ast.Call, tokens: Tokens) -> Tokens:
    """The model of such a state."""
    token = Token(node, "state")
    adopt(run, dict.fromkeys(tokens, token))
    return frozenset({token})
