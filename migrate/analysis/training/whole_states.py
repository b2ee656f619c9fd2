"""Whole train states that come from a file: the step, the parameters and the optimizer state.

A model and its optimizer can be written in Linen's layout, so that files stay the same.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter_callbacks
from migrate.analysis.kinds import (
    Function,
    Holder,
    SavedState,
    State,
    Symbol,
    Token,
    Value,
    tokens_of,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import LoadState, PlainTree
from migrate.analysis.training.copies import adopt
from migrate.analysis.training.train_states import check_inside


def load(run: Run, given: Arguments, expression: ast.expr, state: Value) -> Value:
    """`state = restore_checkpoint(folder, state)` changes model and optimizer; a new name gets copies.

    What a function gives back at once is the state that it was handed, as after `apply_gradients`.
    """
    assert isinstance(state, State | Holder)
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


def is_plain(state: Holder) -> bool:
    """Whether a state of a class of the project holds one model, and else only what is saved as it is."""
    own = (s for s in state.cls.node.body if isinstance(s, ast.AnnAssign))
    alone = not state.fields and not state.whole and state.stats is None
    return alone and all(not isinstance(s.value, ast.Call) for s in own)


def mapped(run: Run, given: Arguments) -> Value:
    """`tree_map(lambda x: x[0], state)`: what a state holds, which can be saved from there on."""
    (state,) = given.args[1:]
    enter_callbacks(run, given)
    run.facts.site(PlainTree(given.node, (given.node.args[1],)))
    return SavedState(tokens_of(state), frozenset({given.node}))


def is_of_leaves(function: Value) -> bool:
    """Whether what a function gives depends on the leaf alone: one of a library, or `lambda x: x[0]`."""
    match function:
        case Symbol():
            return True
        case Function(ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)]), body=body)):
            match body:
                case ast.Subscript(value=ast.Name(id=same), slice=ast.Constant()):
                    return same == name
                case _:
                    return False
        case _:
            return False
