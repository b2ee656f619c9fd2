"""Sizes that go through functions of the project: what a module hands to a plain function and gets back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    Array,
    Collected,
    Const,
    Length,
    Sequence,
    ShapeOf,
    Value,
    followed,
)
from migrate.analysis.modules.classes import lineage
from migrate.analysis.modules.mixins import mixins
from migrate.analysis.program.parameters import parameter_defaults
from migrate.analysis.program.scopes import FunctionNode
from migrate.analysis.run import Run
from migrate.analysis.shapes.sizes import Shape, Size, text_names


def shares_sizes(run: Run, node: FunctionNode) -> bool:
    """Whether a function is called by the module that is being read, and is no method of anything else."""
    if run.owner is None:
        return False
    above = run.facts.scopes.parent[node]
    while isinstance(above, (ast.stmt, ast.expr)) and not isinstance(above, ast.ClassDef):
        above = run.facts.scopes.parent[above]
    own = (*lineage(run.owner), *mixins(run.owner))
    return isinstance(above, ast.Module) or above in [one.node for one in own]


@contextmanager
def afresh(run: Run, node: FunctionNode) -> Iterator[None]:
    """Enter such a function without what other calls of it have shown; afterwards that is joined again."""
    values = run.facts.values
    plain = [part for part in ast.walk(node) if part in values and not followed(values[part])]
    known = {part: values.pop(part) for part in plain}
    try:
        yield
    finally:
        for part, value in known.items():
            values[part] = join(value, values[part]) if part in values else value


def defaults(run: Run, node: FunctionNode) -> dict[str, Value]:
    """The parameters with a constant as their default."""
    found = {arg.arg: run.facts.values.get(default) for arg, default in parameter_defaults(node)}
    return {name: value for name, value in found.items() if isinstance(value, Const)}


def brought_back(run: Run, node: FunctionNode, result: Value, given: list[Value]) -> Value:
    """The result of such a function: sizes are kept that are made of those it was given, and of numbers.

    Names at the top of the file mean the same in the module if both stand in one file.
    """
    assert run.owner is not None
    scopes = run.facts.scopes
    names = frozenset().union(*(_names(value) for value in given))
    if (file := scopes.module(node)) is scopes.module(run.owner.node):
        names |= frozenset(scopes.bound[file])
    return _kept(result, names)


def _names(value: Value) -> frozenset[str]:
    match value:
        case Array(shape) | ShapeOf(shape):
            return frozenset().union(*(axis.names for axis in shape.axes if axis is not None))
        case Length(size):
            return size.names
        case Sequence(items):
            return frozenset().union(*(_names(item) for item in items))
        case _:
            return frozenset()


def _kept(value: Value, names: frozenset[str]) -> Value:
    match value:
        case Array(shape):
            return Array(_shape(shape, names))
        case ShapeOf(shape):
            return ShapeOf(_shape(shape, names))
        case Length(size):
            return value if _is_known(size, names) else UNKNOWN
        case Const(int(), name) if name is not None:
            return replace(value, name=None)
        case Sequence(items):
            return Sequence(tuple(_kept(item, names) for item in items))
        case Collected(item) if item is not None:
            return Collected(_kept(item, names))
        case _:
            return value


def _shape(shape: Shape, names: frozenset[str]) -> Shape:
    axes = (axis if axis is not None and _is_known(axis, names) else None for axis in shape.axes)
    return replace(shape, axes=tuple(axes))


def _is_known(size: Size, names: frozenset[str]) -> bool:
    return all(name in names or name in {"self", "max"} or _is_axis(name) for name in text_names(size.text))


def _is_axis(name: str) -> bool:
    """Whether a name is the placeholder of an axis of an input of the module that is being read."""
    return name.startswith(("_axis_", "_rest_of_", "_first_axis_of_"))
