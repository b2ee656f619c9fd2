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
from migrate.analysis.joining import join
from migrate.analysis.kinds import Class, Mixed, Value
from migrate.analysis.modules.classes import is_module
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run

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


def _place(cls: Class) -> tuple[int, str]:
    return cls.node.lineno, cls.node.name
