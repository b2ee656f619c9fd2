"""What train states of Flax's own class and of classes of the project have in common."""

from __future__ import annotations

import ast

from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Const,
    Grads,
    Group,
    Holder,
    OptState,
    Params,
    Sequence,
    State,
    Token,
    Tokens,
    Value,
    Variables,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import ApplyGradients
from migrate.analysis.training import masks
from migrate.analysis.training.views import origins, same_or_seen


def field(run: Run, state: State | Holder, name: str) -> Value:
    """The kind of one of the fields that every train state has."""
    match name:
        case "params":
            if isinstance(state, State) and state.group is not None:
                return state.group
            kind = Variables if state.whole else Params
            return kind(state.tokens, state.stale)
        case "opt_state":
            return OptState(state.tokens, state.stale)
        case "apply_fn":
            return ApplyFn(origins(run, state.tokens))
        case _:
            return UNKNOWN


def is_apply(value: Value) -> bool:
    """Whether a state may be created with this as its `apply_fn`: the model's own, or nothing at all."""
    return isinstance(value, ApplyFn) or value in (Const(None), Sequence(()))


def check_created(
    run: Run, node: ast.Call, params: Params | Variables | Group, apply_fn: Value, copied: bool = False
) -> None:
    """A state is created from the current parameters of its own model, and is the only one of them."""
    check_made(run, node, params, apply_fn)
    tx = next((k.value for k in node.keywords if k.arg == "tx"), node)
    masks.check(run, node, run.facts.values.get(tx), params)
    for token in frozenset[Token]() if copied else params.tokens:
        run.facts.creations[token].add(node)
        if len(run.facts.creations[token]) > 1:
            run.escape(node, "LNX011", "two train states are created from the same parameters", params)


def check_made(run: Run, node: ast.Call, params: Params | Variables | Group, apply_fn: Value) -> None:
    """A state is made from the current parameters of its own model."""
    if isinstance(apply_fn, ApplyFn) and not same_or_seen(run, node, apply_fn.instances, params.tokens):
        run.escape(node, "LNX001", "`apply_fn` and `params` belong to different models", params, apply_fn)
    if params.stale:
        run.escape(node, "LNX011", "the state is created from parameters that were updated since", params)


def check_current(run: Run, node: ast.AST, state: State | Holder) -> None:
    """An update changes the newest value, and only what the running trace was given."""
    if state.stale:
        run.escape(node, "LNX011", "an old train state is updated again", state)
    check_inside(run, node, state.tokens, state)


def update(run: Run, node: ast.Call, state: State | Holder, grads: Grads) -> None:
    """`state.apply_gradients(grads=grads)`: from here on every value of the state before is an old one."""
    assert isinstance(node.func, ast.Attribute)
    check_current(run, node, state)
    expression = next(k.value for k in node.keywords if k.arg == "grads")
    run.facts.site(ApplyGradients(node, node.func.value, expression))
    run.facts.links |= {(a, b) for a in state.tokens for b in grads.tokens}
    run.age(state.tokens)


def check_inside(run: Run, node: ast.AST, updated: Tokens, state: Value) -> None:
    """What a traced function updates must not lie outside of it."""
    if any(updated & frozen for frozen in run.frozen):
        message = "a train state of the enclosing scope is updated inside a traced function"
        run.escape(node, "LNX011", message, state)
