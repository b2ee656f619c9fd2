"""Attributes that `setup` computes from parameters: Linen computes them anew at every call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migrate.analysis.kinds import Class
from migrate.analysis.modules.classes import methods, own_methods
from migrate.analysis.modules.hoisting import is_self
from migrate.analysis.sites import Layer, Parameter

if TYPE_CHECKING:
    from migrate.analysis.facts import Facts

SIZES = frozenset({"shape", "ndim", "size", "dtype"})


def computed_attributes(facts: Facts, cls: Class) -> set[str]:
    """The attributes that the class, or one that it extends, computes from parameters."""
    setup = methods(cls).get("setup")
    if setup is None:
        return set()
    every = _of_parameters(facts, cls, setup)
    return {name for name, value in _set(cls, setup) if name in every and not _is_parameter(facts, value)}


def computing(facts: Facts, cls: Class) -> list[ast.stmt]:
    """The statements of `setup` that compute with parameters, beyond keeping them and their sizes."""
    setup = own_methods(cls).get("setup")
    if setup is None:
        return []
    every = _of_parameters(facts, cls, setup)
    return [s for s in setup.body if any(_live(facts, cls, s, every)) or _changes(cls, s, every)]


def attribute_of(cls: Class, node: ast.AST) -> str | None:
    """`name` in `self.name`."""
    return node.attr if isinstance(node, ast.Attribute) and is_self(cls, node.value) else None


def _of_parameters(facts: Facts, cls: Class, setup: ast.FunctionDef) -> set[str]:
    """The attributes that hold parameters or what is computed from them."""
    found: set[str] = set()
    while True:
        more = {name for name, value in _set(cls, setup) if _reads(facts, cls, value, found)} - found
        if not more:
            return found
        found |= more


def _set(cls: Class, setup: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in ast.walk(setup):
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if (name := attribute_of(cls, target)) is not None:
                    yield name, statement.value


def _reads(facts: Facts, cls: Class, value: ast.expr, names: set[str]) -> bool:
    return _is_parameter(facts, value) or any(_live(facts, cls, value, names))


def _is_parameter(facts: Facts, node: ast.AST) -> bool:
    return isinstance(facts.sites.get(node), Parameter)


def _live(facts: Facts, cls: Class, node: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    """The parameters in a piece of `setup` of which more is used than their sizes, or to build a layer."""
    if isinstance(facts.sites.get(node), Layer) or _is_size(cls, node):
        return
    if isinstance(node, ast.Assign) and _is_parameter(facts, node.value):
        return
    if _is_parameter(facts, node) or (
        attribute_of(cls, node) in names and isinstance(getattr(node, "ctx", None), ast.Load)
    ):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _live(facts, cls, child, names)


def _is_size(cls: Class, node: ast.AST) -> bool:
    """`self.scale.shape`, which stays what it was."""
    return isinstance(node, ast.Attribute) and node.attr in SIZES and attribute_of(cls, node) is None


def _changes(cls: Class, statement: ast.stmt, names: set[str]) -> bool:
    """Whether `self.scale *= 2` changes such an attribute."""
    changing = (node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign))
    return any(attribute_of(cls, target) in names for target in changing)
