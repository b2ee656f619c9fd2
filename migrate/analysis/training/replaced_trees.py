"""`state.replace(params=tree, opt_state=tree)` with trees made leaf by leaf, as by `where`, and `step=0`."""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import Const, Grads, OptTree, State, Value, tokens_of
from migrate.analysis.run import Run
from migrate.analysis.sites import ReplaceTrees
from migrate.analysis.training.train_states import check_current


def replaced(run: Run, state: State, given: Arguments) -> Value | None:
    """The state with other numbers in its model and its optimizer; None for any other `replace`."""
    node, keywords = given.node, dict(given.keywords)
    known = {*keywords} <= {"params", "opt_state", "step"} and bool(keywords) and not given.args
    if not known or state.group is not None or state.view or state.bare:
        return None
    params, opt_state = keywords.get("params"), keywords.get("opt_state", OptTree(state.tokens))
    if not isinstance(params, Grads | None) or opt_state != OptTree(state.tokens):
        return None
    if not _is_count(keywords.get("step", Const(0))):
        return None
    assert isinstance(node.func, ast.Attribute)
    check_current(run, node, state)
    tokens = tokens_of(params) if params is not None else frozenset()
    run.facts.links |= {(a, b) for a in state.tokens for b in tokens}
    run.facts.site(ReplaceTrees(node, node.func.value))
    run.age(state.tokens)
    return replace(state, stale=False)


def _is_count(value: Value) -> bool:
    """Whether a number can be written where NNX counts, in uint32."""
    return isinstance(value, Const) and type(value.value) is int and value.value >= 0
