"""Train states that stand for a model alone: `state.replace(params=params)`, `state.replace(apply_fn=...)`.

A program makes them to hand a state to code that evaluates one. Nothing of the optimizer may be read of such
a view, so that it becomes the model that its parameters belong to, or one of its own with another definition.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import ApplyFn, Params, State, Token, Value, Variables
from migrate.analysis.run import Run
from migrate.analysis.sites import CloneState, ViewState
from migrate.analysis.training.copies import adopt
from migrate.analysis.training.train_states import check_inside
from migrate.analysis.training.views import origins, same_or_seen

OWN = "own model"
READABLE = frozenset({"params", "apply_fn", "replace"})


def replaced(run: Run, state: State, given: Arguments) -> Value | None:
    """What `replace` gives where only the model of it can be used; None for any other `replace`."""
    if given.args or len(given.keywords) != 1 or state.group is not None or state.cls is not None:
        return None
    name, value = given.keywords[0]
    target = _target(run, given.node)
    if target is None:
        return None
    if name == "apply_fn" and isinstance(value, ApplyFn):
        return _with_definition(run, given.node, state, value)
    if name == "params" and isinstance(value, Variables if state.whole else Params):
        assert isinstance(value, Params | Variables)
        return _with_parameters(run, given.node, state, value, target)
    return None


def _target(run: Run, node: ast.Call) -> ast.Name | None:
    """The one name that the result is assigned to."""
    match run.facts.scopes.parent[node]:
        case ast.Assign(targets=[ast.Name() as target]):
            return target
        case _:
            return None


def _with_definition(run: Run, node: ast.Call, state: State, apply_fn: ApplyFn) -> Value | None:
    """The parameters of now under another definition: a model of its own, which no update reaches."""
    assert isinstance(node.func, ast.Attribute)
    if not same_or_seen(run, node, apply_fn.instances, state.tokens):
        return None
    token = Token(node, OWN)
    adopt(run, dict.fromkeys(state.tokens, token))
    run.facts.origins[token] = apply_fn.instances
    run.facts.site(CloneState(node, node.func.value))
    return State(frozenset({token}), state.whole, state.stale, view=True)


def _with_parameters(
    run: Run, node: ast.Call, state: State, params: Params | Variables, target: ast.Name
) -> Value | None:
    """The model that the parameters are of; one with a definition of its own takes them over."""
    assert isinstance(node.func, ast.Attribute)
    expression, receiver = node.keywords[0].value, node.func.value
    if params.tokens == state.tokens:
        run.facts.site(ViewState(node, receiver, expression, own=False))
        return State(params.tokens, state.whole, params.stale, view=True)
    owned = all(token.label == OWN for token in state.tokens)
    if not owned or not isinstance(receiver, ast.Name) or receiver.id != target.id:
        return None
    if {i.cls for i in origins(run, params.tokens)} != {i.cls for i in origins(run, state.tokens)}:
        return None
    check_inside(run, node, state.tokens, state)
    run.facts.links |= {(a, b) for a in state.tokens for b in params.tokens}
    run.facts.site(ViewState(node, receiver, expression, own=True))
    run.age(state.tokens)
    return replace(state, stale=False)
