"""Whole train states that come from a file: the step, the parameters and the optimizer state.

A model and its optimizer can be written in Linen's layout, so that files stay the same.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import State, Token, Value
from migrate.analysis.run import Run
from migrate.analysis.sites import LoadState
from migrate.analysis.training.copies import adopt
from migrate.analysis.training.train_states import check_inside


def load(run: Run, given: Arguments, expression: ast.expr, state: Value) -> Value:
    """`state = restore_checkpoint(folder, state)` changes model and optimizer; a new name gets copies.

    What a function gives back at once is the state that it was handed, as after `apply_gradients`.
    """
    assert isinstance(state, State)
    node = given.node
    check_inside(run, node, state.tokens, state)
    if state.stale or state.moved:
        run.escape(node, "LNX011", "an old train state is what a file is loaded into", state)
    if _is_given_back(run, node) or _takes_the_place(run, node, expression):
        run.facts.site(LoadState(node, expression, in_place=True))
        run.age(state.tokens)
        return replace(state, stale=False)
    token = Token(node, "loaded")
    adopt(run, dict.fromkeys(state.tokens, token))
    run.facts.site(LoadState(node, expression, in_place=False))
    return replace(state, tokens=frozenset({token}))


def _is_given_back(run: Run, node: ast.Call) -> bool:
    above = run.facts.scopes.parent[node]
    return isinstance(above, ast.Return)


def _takes_the_place(run: Run, node: ast.Call, expression: ast.expr) -> bool:
    """Whether the loaded state gets the name of the old one, or the old one never had one."""
    statement = run.facts.scopes.parent[node]
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    if isinstance(expression, ast.Call):
        return True
    return isinstance(expression, ast.Name) and expression.id == statement.targets[0].id
