"""Layers of `setup` whose class a field decides: `layer = A if self.deep else B`, then `layer(self.size)`.

The construction is read once for each class. All readings but the first have a node of their own, a twin,
so that each is a layer like any other; `plan/modules/twins.py` sees to it that they are written alike.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable
from dataclasses import replace

from migrate.analysis.activation import Arguments
from migrate.analysis.facts import Facts
from migrate.analysis.joining import join
from migrate.analysis.kinds import Class, Instance, Mixed, Symbol, Value
from migrate.analysis.modules.classes import is_module
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer

Invoke = Callable[[Run, Value, Arguments], Value]


def are_classes(run: Run, value: Value, node: ast.AST) -> bool:
    """Whether a call in `setup` builds a module of one of several classes of the project."""
    if not isinstance(value, Mixed) or not in_setup(run, node):
        return False
    return all(isinstance(part, Class) and is_module(part) for part in value.parts)


def built(run: Run, value: Mixed, given: Arguments, invoke: Invoke) -> Value:
    """One of several modules."""
    classes = sorted((part for part in value.parts if isinstance(part, Class)), key=_place)
    twins = run.facts.twins.setdefault(given.node, [])
    while len(twins) < len(classes) - 1:
        twin = copy.copy(given.node)
        scopes = run.facts.scopes
        scopes.parent[twin], scopes.scope[twin] = scopes.parent[given.node], scopes.scope[given.node]
        twins.append(twin)
    made = [
        invoke(run, cls, replace(given, node=node))
        for cls, node in zip(classes, (given.node, *twins), strict=True)
    ]
    return functools.reduce(join, made)


def written_at(facts: Facts, node: ast.Call) -> ast.Call:
    """The call that builds a layer, as it is written."""
    return next((call for call, twins in facts.twins.items() if node in twins), node)


def layer_at(facts: Facts, call: ast.Call) -> Value | None:
    """The layer that a call in `setup` builds, or one of those of several classes."""
    sites = [facts.sites.get(node) for node in (call, *facts.twins.get(call, ()))]
    layers: list[Value] = [
        Instance(site.cls if site.cls is not None else Symbol(site.layer), site.node)
        for site in sites
        if isinstance(site, Layer)
    ]
    return functools.reduce(join, layers) if layers else None


def _place(cls: Class) -> tuple[int, str]:
    return cls.node.lineno, cls.node.name
