"""Train states that are made without an optimizer: `TrainState(..., tx=None, opt_state=None)`.

A program makes one to have parameters and `apply_fn` together before it knows how it will train them. Such a
state is a model beside None, so that nothing may be asked of the optimizer but whether it is there.
"""

from __future__ import annotations

import ast

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import ApplyFn, Const, Params, State, Value, Variables
from migrate.analysis.program.scopes import Scopes
from migrate.analysis.run import Run
from migrate.analysis.sites import CreateState
from migrate.analysis.training import lasting_params
from migrate.analysis.training.state_views import READABLE
from migrate.analysis.training.train_states import check_made

FIELDS = frozenset({"step", "apply_fn", "params", "tx", "opt_state"})


def created(run: Run, given: Arguments) -> Value | None:
    """The state; None where it is given more than a step and what a model is."""
    node, keywords = given.node, dict(given.keywords)
    if given.args or keywords.keys() != FIELDS or not isinstance(keywords["step"], Const):
        return None
    params, apply_fn = keywords["params"], keywords["apply_fn"]
    if (keywords["tx"], keywords["opt_state"]) != (Const(None), Const(None)):
        return None
    if not isinstance(params, Params | Variables) or not isinstance(apply_fn, ApplyFn):
        return None
    expressions = {k.arg: k.value for k in node.keywords}
    copied = lasting_params.lasts(run, node, expressions["params"])
    check_made(run, node, params, apply_fn)
    site = CreateState(node, expressions["params"], expressions["tx"], copied=copied, bare=True)
    run.facts.site(site)
    run.facts.links |= {(a, b) for a in params.tokens for b in params.tokens}
    tokens = lasting_params.copied(run, node, params.tokens) if copied else params.tokens
    return State(tokens, isinstance(params, Variables), bare=True)


def is_readable(run: Run, node: ast.Attribute) -> bool:
    """Whether a field can be read of a state that may have no optimizer; `tx` where it is asked for first."""
    scopes = run.facts.scopes
    if node.attr == "tx":
        return is_tested(scopes, node) or _is_guarded(scopes, node)
    return node.attr in READABLE or node.attr == "apply_gradients"


def is_tested(scopes: Scopes, node: ast.Attribute) -> bool:
    """Whether a conditional expression asks if `state.tx` is there."""
    above = scopes.parent[node]
    test = above if isinstance(above, ast.Compare) else node
    choice = scopes.parent[test]
    return isinstance(choice, ast.IfExp) and choice.test is test and _there(choice) is not None


def _is_guarded(scopes: Scopes, node: ast.Attribute) -> bool:
    """Whether `state.tx` is the side of a conditional expression that has asked for it."""
    choice = scopes.parent[node]
    if not isinstance(choice, ast.IfExp):
        return False
    there = _there(choice)
    if there is None or not isinstance(node.value, ast.Name):
        return False
    tested, side = there
    return side is node and ast.dump(tested) == ast.dump(node)


def _there(choice: ast.IfExp) -> tuple[ast.expr, ast.expr] | None:
    """What a conditional expression asks for, and the side that runs where it is there."""
    match choice.test:
        case ast.Attribute() as tested:
            return tested, choice.body
        case ast.Compare(left=tested, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return tested, choice.body
        case ast.Compare(left=tested, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return tested, choice.orelse
        case _:
            return None
