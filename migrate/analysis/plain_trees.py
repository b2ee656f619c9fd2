"""Parameters that leave the model as plain data, and that come back: what is saved, shown and loaded.

A plain dict with Linen's names holds the same arrays as Linen's own, so that files stay what they were.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.activation import Arguments, lost
from migrate.analysis.copies import adopt
from migrate.analysis.kinds import (
    UNKNOWN,
    Dict,
    Params,
    Sequence,
    Token,
    Value,
    Variables,
    followed,
)
from migrate.analysis.run import Run
from migrate.analysis.sites import LoadTree, PlainTree

READERS = frozenset(
    {
        "builtins.print",
        "clu.parameter_overview.count_parameters",
        "clu.parameter_overview.get_parameter_overview",
        "clu.parameter_overview.log_parameter_overview",
        "cloudpickle.dump",
        "cloudpickle.dumps",
        "flax.serialization.to_bytes",
        "flax.serialization.to_state_dict",
        "jax.device_get",
        "joblib.dump",
        "pickle.dump",
        "pickle.dumps",
    }
)
"""Functions that take a tree as data and keep nothing of it."""

LOADERS = frozenset({"flax.serialization.from_bytes", "flax.serialization.from_state_dict"})
"""Functions that give a tree like their first argument, with other leaves."""


def read(run: Run, given: Arguments) -> Value:
    """A call of a reader: what it is handed must be parameters, in dicts and tuples or by themselves."""
    values = (*given.args, *dict(given.keywords).values())
    spread = any(isinstance(a, ast.Starred) for a in given.node.args) or any(
        k.arg is None for k in given.node.keywords
    )
    if spread or not all(_is_data(value) for value in values):
        return lost(run, given)
    nodes = (*given.node.args, *(k.value for k in given.node.keywords))
    trees = tuple(node for node, value in zip(nodes, values, strict=True) if followed(value))
    run.facts.site(PlainTree(given.node, trees))
    return UNKNOWN


def _is_data(value: Value) -> bool:
    match value:
        case Params() | Variables():
            return True
        case Dict() | Sequence():
            return all(_is_data(item) for item in _items(value))
        case _:
            return not followed(value)


def _items(value: Dict | Sequence) -> Iterator[Value]:
    yield from value.items if isinstance(value, Sequence) else (item for _, item in value.items)


def load(run: Run, given: Arguments) -> Value:
    """`params = from_bytes(params, data)` changes the model; under another name it makes a new one."""
    node, first = given.node, given.args[0]
    if len(given.args) != 2 or given.keywords or followed(given.args[1]):
        return lost(run, given)
    if not isinstance(first, Params | Variables) or any(isinstance(a, ast.Starred) for a in node.args):
        return lost(run, given)
    if any(first.tokens & frozen for frozen in run.frozen):
        run.escape(node, "LNX402", "parameters are loaded inside a traced function", first)
    statement = run.facts.scopes.parent[node]
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(target, ast.Name) and _is_named(node.args[0], target.id):
        run.facts.site(LoadTree(node, node.args[0], in_place=True))
        run.age(first.tokens)
        return replace(first, stale=False)
    token = Token(node, "loaded")
    adopt(run, dict.fromkeys(first.tokens, token))
    run.facts.site(LoadTree(node, node.args[0], in_place=False))
    return replace(first, tokens=frozenset({token}), stale=False)


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
