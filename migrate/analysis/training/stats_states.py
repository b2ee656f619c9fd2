"""Train states whose only own field holds batch statistics: `class State(TrainState): batch_stats: Any`.

A model of NNX holds its statistics, so that such a state is a model and an optimizer like any other. A call
in training mode moves the statistics of the model at once, while the state of Linen keeps the old ones until
it is given the new: in between the state has `moved`, and may only be read for what did not.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TypeVar

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Class,
    Holder,
    Params,
    State,
    Stats,
    Value,
    Variables,
    tokens_of,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import CreateState, ReadState, ReplaceStats
from migrate.analysis.training import holders, lasting_params, loaded_states
from migrate.analysis.training.train_states import check_created

StateOrHolder = TypeVar("StateOrHolder", State, Holder)
REQUIRED = frozenset({"apply_fn", "params", "tx"})


def create(run: Run, cls: Class, given: Arguments) -> Value | None:
    """`State.create(..., batch_stats=...)`; None where the class has other fields or holds something else."""
    node, keywords = given.node, dict(given.keywords)
    names = holders.field_names(cls)
    if len(names) != 1 or given.args or set(keywords) != {*REQUIRED, *names}:
        return None
    params, apply_fn, stats = keywords["params"], keywords["apply_fn"], keywords[names[0]]
    if not isinstance(params, Params) or not isinstance(apply_fn, ApplyFn) or not isinstance(stats, Stats):
        return loaded_states.created_with_stats(run, cls, names[0], given)
    expressions = {k.arg: k.value for k in node.keywords}
    copied = lasting_params.lasts(run, node, expressions["params"])
    check_created(run, node, params, apply_fn, copied)
    check_given(run, node, params, stats)
    run.facts.site(CreateState(node, expressions["params"], expressions["tx"], cls, copied=copied))
    tokens = lasting_params.copied(run, node, params.tokens) if copied else params.tokens
    return State(tokens, False, cls=cls, stats=names[0])


def check_given(run: Run, node: ast.Call, params: Params | Variables, stats: Stats) -> None:
    """A state is created with the statistics that its own model has at that time."""
    for model, held in _chosen_together(run, node) or [(params, stats)]:
        if tokens_of(held) != tokens_of(model):
            message = "the state is created with the statistics of another model"
            run.escape(node, "LNX205", message, params, stats)
        if not isinstance(held, Stats) or held.stale:
            message = "the state is created from statistics that have moved since"
            run.escape(node, "LNX011", message, params, stats)


def _chosen_together(run: Run, node: ast.Call) -> list[tuple[Value, Value]]:
    """The sides of two conditional expressions that choose the parameters and their statistics alike."""
    choices = [k.value for k in node.keywords if isinstance(k.value, ast.IfExp)]
    given = [run.facts.values.get(choice) for choice in choices]
    if len(choices) != 2 or ast.dump(choices[0].test) != ast.dump(choices[1].test):
        return []
    if not isinstance(given[0], Params) or not isinstance(given[1], Stats):
        return []
    sides = [(choices[0].body, choices[1].body), (choices[0].orelse, choices[1].orelse)]
    values = [(run.facts.values.get(a), run.facts.values.get(b)) for a, b in sides]
    return [(a, b) for a, b in values if a is not None and b is not None]


def read(run: Run, node: ast.Attribute, state: State) -> Value:
    """`state.batch_stats`."""
    run.facts.site(ReadState(node, node.attr))
    return Stats(state.tokens, state.moved)


def replaced(run: Run, state: State, given: Arguments) -> Value:
    """`state.replace(batch_stats=...)`: the model has them already."""
    node, keywords = given.node, dict(given.keywords)
    assert isinstance(node.func, ast.Attribute)
    if given.args or state.stats is None or set(keywords) != {state.stats}:
        run.escape(node, "LNX012", "`replace` of a train state has no rewriting yet", state)
        return UNKNOWN
    run.facts.site(ReplaceStats(node, node.func.value))
    return taken(run, node, state, keywords[state.stats])


def taken(run: Run, node: ast.Call, state: StateOrHolder, stats: Value) -> StateOrHolder:
    """The state with new statistics, which must be those that its model has now."""
    if not isinstance(stats, Stats) or stats.tokens != state.tokens:
        message = "it cannot be seen that these are the statistics of this model"
        run.escape(node, "LNX205", message, state, stats)
    elif stats.stale:
        message = "the state is given statistics that another call has changed since"
        run.escape(node, "LNX011", message, state, stats)
    return replace(state, moved=False)
