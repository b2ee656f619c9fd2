"""Layers whose class a field decides: `layer = A if self.deep else B`, then `layer(self.size)`.

The construction is read once for each class. All readings but the first have a node of their own, a twin,
so that each is a layer like any other; `plan/modules/twins.py` sees to it that they are written alike.
In `__call__` Linen names such a layer after the class, so that its name is made from the class as well.
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
from migrate.analysis.kinds import Class, Instance, LayerField, Mixed, Symbol, Value
from migrate.analysis.modules import class_fields
from migrate.analysis.modules.class_tables import bound_to, options
from migrate.analysis.modules.classes import is_module
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.setups import in_setup
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer

Invoke = Callable[[Run, Value, Arguments], Value]


def are_classes(run: Run, value: Value, node: ast.Call) -> bool:
    """Whether a call builds a layer of one of several classes."""
    if not isinstance(value, Mixed) or run.owner is None:
        return False
    if in_setup(run, node) and all(isinstance(part, Class) and is_module(part) for part in value.parts):
        return True
    if class_fields.options(value):
        return True
    known = options(run.facts, node.func)
    return known is not None and {run.facts.values.get(one) for one in known} >= value.parts


def built(run: Run, value: Mixed, given: Arguments, invoke: Invoke) -> Value:
    """One of several modules."""
    if given.sources:
        blocked(run, given.node, "LNX111", "a partial call of one of several classes is built in a module")
    classes = sorted(value.parts, key=_place)
    twins = run.facts.twins.setdefault(given.node, [])
    while len(twins) < len(classes) - 1:
        twin = copy.copy(given.node)
        scopes = run.facts.scopes
        scopes.parent[twin], scopes.scope[twin] = scopes.parent[given.node], scopes.scope[given.node]
        twins.append(twin)
    if (name := _name(run, given.node)) is not None:
        run.facts.chosen[given.node] = name
    made: list[Value] = []
    counters = dict(run.counters)
    for cls, node in zip(classes, (given.node, *twins), strict=True):
        run.counters = dict(counters)
        made.append(invoke(run, cls, replace(given, node=node)))
    return functools.reduce(join, made)


def _name(run: Run, node: ast.Call) -> str | None:
    """What stands for the class in the name of a layer that `__call__` builds."""
    assert run.owner is not None
    if in_setup(run, node):
        return None
    bound = bound_to(run.facts, node.func) if isinstance(node.func, ast.Name) else None
    text = init_text(run.facts, run.owner, bound or node.func)
    if text is None:
        blocked(run, node, "LNX111", "the class of a layer is known only at the call")
        return None
    return f"{{{run.facts.files.segment(node.func) if bound is not None else text}.__name__}}"


def written_at(facts: Facts, node: ast.Call) -> ast.Call:
    """The call that builds a layer, as it is written."""
    return next((call for call, twins in facts.twins.items() if node in twins), node)


def stem(facts: Facts, node: ast.Call) -> str | None:
    """What the automatic name of such a layer begins with in `__call__`."""
    return facts.chosen.get(written_at(facts, node))


def layer_at(facts: Facts, call: ast.Call) -> Value | None:
    """The layer that a call in `setup` builds, or one of those of several classes."""
    sites = [facts.sites.get(node) for node in (call, *facts.twins.get(call, ()))]
    layers: list[Value] = [
        Instance(site.cls if site.cls is not None else Symbol(site.layer), site.node)
        for site in sites
        if isinstance(site, Layer)
    ]
    return functools.reduce(join, layers) if layers else None


def _place(cls: Value) -> tuple[int, str]:
    cls = cls.cls if isinstance(cls, LayerField) and cls.cls is not None else cls
    return (cls.node.lineno, cls.node.name) if isinstance(cls, Class) else (0, repr(cls))
