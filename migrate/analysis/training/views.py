"""Definitions that meet the parameters of others: a second view of a model, or the same definition again."""

from __future__ import annotations

import ast

from migrate.analysis.facts import View
from migrate.analysis.kinds import Dict, Instance, Params, Symbol, Tokens, Value, followed
from migrate.analysis.run import Run

OF_MODEL = frozenset({"params", "batch_stats"})
"""The collections that a model of NNX holds; others are given and taken by the calls themselves."""


def params_beside_others(variables: Value) -> Params | None:
    """The parameters in a dict of variables that also holds collections which nothing follows."""
    params = variables.get("params") if isinstance(variables, Dict) else None
    if not isinstance(variables, Dict) or not isinstance(params, Params):
        return None
    others = [(key, value) for key, value in variables.items if key != "params"]
    plain = all(isinstance(k, str) and k not in OF_MODEL and not followed(v) for k, v in others)
    return params if others and plain else None


def origins(run: Run, tokens: Tokens) -> frozenset[Instance]:
    """The module definitions that the tokens were initialised from."""
    known = run.facts.origins
    return frozenset().union(*(known.get(token, frozenset()) for token in tokens))


def same_or_seen(run: Run, node: ast.AST, applied: frozenset[Instance], tokens: Tokens) -> bool:
    """Whether the definitions are those that made the parameters, or are of the same classes.

    Whether these are the same definitions is known when all calls are: the plan decides it.
    """
    owners = origins(run, tokens)
    if applied == owners:
        return True
    if not owners or {i.cls for i in applied} != {i.cls for i in owners}:
        return False
    run.facts.views[node].add(View(applied, owners))
    return True


def is_of_nnx(run: Run, variables: ast.expr) -> bool:
    """Whether `apply` is given parameters that are read from a model of NNX: there is nothing to migrate."""
    match variables:
        case ast.Dict(values=[ast.Call(func=function)]):
            return run.facts.values.get(function) == Symbol("flax.nnx.to_pure_dict")
        case _:
            return False
