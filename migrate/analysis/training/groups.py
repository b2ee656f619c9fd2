"""Parameters of several models that are trained as one: a record, a dict or a tuple of them.

NNX takes such a tree of models wherever it takes a model: for an optimizer, for its update and for gradients.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from migrate.analysis.ageing import mapped
from migrate.analysis.kinds import (
    UNKNOWN,
    Class,
    Const,
    Dict,
    Group,
    Params,
    Record,
    Sequence,
    Symbol,
    Value,
    Variables,
    tokens_of,
)
from migrate.analysis.program.scopes import Variable
from migrate.analysis.run import Run
from migrate.analysis.sites import ReadItem, ReadRecord

COLLECTIONS = frozenset({"params", "batch_stats", "cache", "intermediates"})
"""Keys that make a dict the variables of one model."""

PYTREES = frozenset({"flax.struct.dataclass", "flax.struct.PyTreeNode", "typing.NamedTuple"})


def grouped(run: Run, value: Value) -> Group | None:
    """The group that a value is, or that its items are; None for anything else."""
    if isinstance(value, Group):
        return value
    if isinstance(value, Record) and not _is_pytree(run, value.cls):
        return None
    items = _items(value)
    models = [item for item in items if isinstance(item, Params | Variables)]
    tokens = tokens_of(Sequence(tuple(models)))
    apart = sum(len(model.tokens) for model in models) == len(tokens)
    if not models or len(models) != len(items) or not apart:
        return None
    return Group(tokens, any(model.stale for model in models), value)


def parts(group: Group) -> tuple[Value, ...]:
    """The parameters of each of the models."""
    return _items(group.shape)


def _items(value: Value) -> tuple[Value, ...]:
    match value:
        case Record(fields=fields):
            return tuple(item for _, item in fields)
        case Dict(items) if all(isinstance(key, str) and key not in COLLECTIONS for key, _ in items):
            return tuple(item for _, item in items)
        case Sequence(items):
            return items
        case _:
            return ()


def _is_pytree(run: Run, cls: Class) -> bool:
    """Whether jax takes the records of a class apart in the order of their fields."""
    marks = [*cls.bases, *(run.facts.values.get(decorator) for decorator in cls.node.decorator_list)]
    return all(isinstance(mark, Symbol) and mark.name in PYTREES for mark in marks)


def bound(run: Run, target: ast.expr, value: Value) -> Value:
    """What a name stands for: a group if an optimizer or a train state is made for what it names."""
    if not isinstance(target, ast.Name) or not isinstance(value, Record | Dict | Sequence):
        return value
    group = grouped(run, value)
    scopes = run.facts.scopes
    trained = group and any(_is_trained(scopes.parent, node) for node in scopes.names(_variable(run, target)))
    return group if group and trained else value


def _variable(run: Run, node: ast.Name) -> Variable | None:
    return run.facts.scopes.variable(node, node.id)


def _is_trained(parents: Mapping[ast.AST, ast.AST], node: ast.Name) -> bool:
    match parents[node]:
        case ast.keyword(arg="params") as keyword:
            return isinstance(parents[keyword], ast.Call)
        case ast.Call(func=ast.Attribute(attr="init"), args=[only]):
            return only is node
        case _:
            return False


def attribute(run: Run, node: ast.Attribute, group: Group) -> Value:
    """`params.actor_params` of a group that is a record."""
    match group.shape:
        case Record(cls, fields) if node.attr in dict(fields):
            run.facts.site(ReadRecord(node, cls, node.attr))
            return dict(fields)[node.attr]
        case _:
            message = f"`.{node.attr}` of a followed value has no counterpart that is known"
            run.escape(node, "LNX299", message, group)
            return UNKNOWN


def item(run: Run, node: ast.Subscript, group: Group, index: Value) -> Value:
    """`params["actor"]` of a group that is a dict, `params[0]` of one that is a tuple."""
    found: Value | None = None
    match group.shape, index:
        case Dict() as shape, Const(str(key)):
            found = shape.get(key)
        case Sequence(items), Const(int(at)) if -len(items) <= at < len(items):
            found = items[at]
    if found is None:
        run.escape(node, "LNX014", "an item of a followed value is read by a path that is not known", group)
        return UNKNOWN
    run.facts.site(ReadItem(node))
    return found


def fresh(value: Value) -> Value:
    """Parameters or a train state as an update leaves them, of several models all of them."""
    return mapped(value, lambda part: replace(part, stale=False))


def unpacked(kind: Value) -> Value:
    """What a group is taken apart into, where it is a tuple."""
    return kind.shape if isinstance(kind, Group) and isinstance(kind.shape, Sequence | Record) else kind
