"""What other files could import and would find changed, by the names under which they can."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import (
    Batched,
    Bound,
    Class,
    Function,
    Grad,
    Jit,
    Object,
    Thing,
    Value,
    Wrapped,
    followed,
    parts,
)
from migrate.plan.context import Plan
from migrate.plan.modules.ensembles import makers
from migrate.plan.modules.extended_layers import extended
from migrate.plan.modules.twins import changed_origins
from migrate.plan.training import holders, records, stats_states
from migrate.plan.training.members import owners

Visible = Mapping[str, Mapping[str, ast.AST]]
"""By path and name: the definition or variable that changes."""


def visible(facts: Facts, plan: Plan) -> Visible:
    """Functions, classes and variables of modules, wherever a file binds them, and what hands them out."""
    changed = _changed(facts, plan)
    nodes = [*plan.component.nodes, *_gone(plan), *changed_origins(plan)]
    own = {n.id: n for n in nodes if isinstance(n, ast.Name) and _is_global(facts, n)}
    found: dict[str, dict[str, ast.AST]] = {}
    for path, names in facts.exports.items():
        held = ((name, node) for name, value in names.items() for node in _definitions(value))
        here = {name: node for name, node in held if node in changed}
        here |= {name: node for name, node in own.items() if facts.file(node).path == path}
        if here:
            found[path] = here
    return found


def without_origin(facts: Facts) -> Iterator[tuple[str, str]]:
    """The paths and names whose callers could tell where a train state of unknown origin comes from."""
    lost = {facts.scopes.function(e.node) for e in facts.escapes.values() if e.code == "LNX015"}
    while more := {*_calling(facts, lost), *_holding(facts, lost)} - lost:
        lost |= more
    for path, names in facts.exports.items():
        yield from ((path, n) for n, value in names.items() if not lost.isdisjoint(_definitions(value)))


def _calling(facts: Facts, called: set[ast.AST]) -> Iterator[ast.AST]:
    """The functions around the calls of some, and around their definitions."""
    calls = (call for call, targets in facts.bindings.items() if not called.isdisjoint(targets))
    yield from (facts.scopes.function(call) for call in calls)
    yield from (facts.scopes.function(node) for node in called if not isinstance(node, ast.Module))


def _changed(facts: Facts, plan: Plan) -> set[ast.AST]:
    """Definitions that a caller would find changed, and those that return or hold such a one."""
    signatures = {f for f, new in plan.edits.parameters.items() if any(v != (k,) for k, v in new.items())}
    inside = {facts.scopes.function(node) for node in plan.component.nodes}
    results = {f for f, value in facts.returns.items() if f in inside and followed(value)}
    states = {cls.node for cls in holders.classes(facts, plan.component.nodes)}
    states |= {cls.node for cls in records.classes(facts, plan.component.nodes)}
    states |= {cls.node for cls in stats_states.classes(facts, plan.component.sites)}
    states |= {cls.node for cls, _ in extended(plan)}
    changed: set[ast.AST] = {*signatures, *results, *plan.edits.classes, *states, *owners(plan)}
    changed |= {*changed_origins(plan), *(made for made, _ in makers(plan))}
    while more := {*_holding(facts, changed)} - changed:
        changed |= more
    return changed


def _holding(facts: Facts, changed: set[ast.AST]) -> Iterator[ast.AST]:
    yield from (f for f, value in facts.returns.items() if not changed.isdisjoint(_definitions(value)))
    scopes = (facts.scopes.scope[node] for node in changed)
    yield from (scope for scope in scopes if isinstance(scope, ast.ClassDef))


def _is_global(facts: Facts, node: ast.Name) -> bool:
    return isinstance(facts.scopes.scope[node], ast.Module)


def _gone(plan: Plan) -> Iterator[ast.expr]:
    """What is assigned by statements of which nothing stays, such as samples of an input."""
    removed = (statement for statement, new in plan.edits.statements.items() if not new)
    yield from (target for s in removed if isinstance(s, ast.Assign) for target in s.targets)


def _definitions(value: Value) -> Iterator[ast.AST]:
    """The functions and classes in a value."""
    match value:
        case Function(node) | Class(node):
            yield node
        case Object(cls) | Thing(cls):
            yield cls.node
        case Bound(first, function):
            yield from _definitions(first)
            yield from _definitions(function)
        case Jit(function) | Grad(function) | Batched(function) | Wrapped(_, function):
            yield from _definitions(function)
        case _:
            for part in parts(value):
                yield from _definitions(part)
