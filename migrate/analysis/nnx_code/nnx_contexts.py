"""Turns of loops and calls of compiled functions, as far as NNX objects are concerned."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from migrate.analysis.frames import Frame
from migrate.analysis.kinds import Dict, Record, Sequence, Symbol, Unknown, Value
from migrate.analysis.nnx_code.nnx_classes import MODULES, derives
from migrate.analysis.nnx_code.nnx_kinds import (
    MARKED,
    Context,
    Mark,
    Marks,
    NnxArgument,
    NnxGrads,
    NnxOptimizer,
    NnxSelf,
    aged,
)
from migrate.analysis.nnx_code.pitfalls import FreshOptimizer, LostUpdate, Within
from migrate.analysis.program.scopes import FUNCTIONS, FunctionNode
from migrate.analysis.program.syntax import names_in
from migrate.analysis.run import Run

LOOPS = frozenset(
    f"{module}.{name}"
    for module in ("jax.lax", "flax.nnx")
    for name in ("scan", "fori_loop", "while_loop", "map", "associative_scan")
)
"""Library functions that run a function of the project many times."""

NUMERIC = ("jax.", "optax.", "numpy.", "builtins.")
"""Libraries whose functions give numbers back and keep no module."""


def over(value: Value, change: Callable[[Value], Value]) -> Value:
    """The value with `change` applied to itself or, in a tuple or dict display, to its items."""
    match value:
        case Sequence(items):
            return Sequence(tuple(over(item, change) for item in items))
        case Record(cls, fields):
            return Record(cls, tuple((key, over(item, change)) for key, item in fields))
        case Dict(items):
            return Dict(tuple((key, over(item, change)) for key, item in items))
        case _:
            return change(value)


def marks_of(value: Value) -> Marks:
    """Every object that the value or an item of it denotes."""
    match value:
        case Sequence(items):
            return frozenset().union(*(marks_of(item) for item in items))
        case Dict(items) | Record(fields=items):
            return frozenset().union(*(marks_of(item) for _, item in items))
        case _:
            return value.marks if isinstance(value, MARKED) else frozenset()


def around(run: Run) -> frozenset[ast.AST]:
    """The contexts that something made now is made in."""
    return frozenset(context.node for context in run.nnx.contexts)


@contextmanager
def turn(run: Run, node: ast.AST, loop: bool = True) -> Iterator[None]:
    """One turn of a loop, or one call of a compiled function: what is there already is older."""
    for frame in {frame for entry in run.stack for frame in entry.chain()}:
        for name, value in frame.vars.items():
            frame.vars[name] = over(value, lambda part: aged(part, node))
    run.nnx.contexts.append(Context(node, loop))
    try:
        yield
    finally:
        run.nnx.contexts.pop()


@contextmanager
def repeated(run: Run, node: ast.Call) -> Iterator[None]:
    """While the callbacks handed to a call run: a loop, if what is called is one of `LOOPS`."""
    callee = run.facts.values.get(node.func)
    if not isinstance(callee, Symbol) or callee.name not in LOOPS:
        yield
        return
    with turn(run, node):
        yield


@contextmanager
def compiling(run: Run, transform: ast.expr) -> Iterator[None]:
    """The next function that is entered runs compiled or differentiated by `transform`."""
    run.nnx.pending = transform
    try:
        yield
    finally:
        run.nnx.pending = None


@contextmanager
def activation(run: Run, node: FunctionNode, frame: Frame) -> Iterator[None]:
    """One call of a function; under plain `jax.jit` its arguments are copies, which must be returned."""
    transform, run.nnx.pending = run.nnx.pending, None
    if transform is None:
        yield
        return
    plain = transform in run.nnx.plain
    given = dict(frame.vars)
    with turn(run, node, loop=False):
        for name, value in given.items():
            frame.vars[name] = _copied(value, Mark(node, name)) if plain else over(value, _older(node))
        yield
    if plain:
        _leave(run, node, transform, frame, given)


def _older(node: ast.AST) -> Callable[[Value], Value]:
    return lambda value: aged(value, node)


def _copied(value: Value, mark: Mark) -> Value:
    def change(part: Value) -> Value:
        if isinstance(part, Unknown):
            return NnxArgument(frozenset({mark}))
        if isinstance(part, NnxSelf) and not derives(part.cls, MODULES):
            return part
        if isinstance(part, MARKED):
            marked: Value = replace(part, marks=frozenset({mark}))
            return aged(marked, mark.node)
        return part

    return over(value, change)


def _leave(run: Run, node: FunctionNode, transform: ast.expr, frame: Frame, given: dict[str, Value]) -> None:
    """Report updates that end with the call; what is updated and not returned counts as the caller's."""
    kept = frozenset().union(*(_reachable(run, node, value) for value in results(run, node)))
    names = {Mark(node, name): marks_of(value) for name, value in given.items()}
    lost = [mark for mark in names if mark in run.nnx.mutated and mark not in kept]
    if lost:
        whole = not any(mark in run.nnx.mutated and mark in kept for mark in names)
        labels = tuple(mark.label for mark in lost)
        run.facts.pitfall(LostUpdate(transform, node, labels, whole))
        for mark in lost:
            run.nnx.mutated |= names[mark]
    if frame.returned is not None:
        frame.returned = over(frame.returned, lambda part: _given_back(part, names))


def _given_back(value: Value, names: dict[Mark, Marks]) -> Value:
    if isinstance(value, NnxArgument):
        return Unknown()
    if not isinstance(value, MARKED):
        return value
    marks = frozenset().union(*(names.get(mark, frozenset({mark})) for mark in value.marks))
    changed: Value = replace(value, marks=marks)
    return changed


def results(run: Run, node: FunctionNode) -> list[ast.expr]:
    """The expressions that a function returns and that were reached."""
    if isinstance(node, ast.Lambda):
        found = [node.body]
    else:
        inside = [part for part in ast.walk(node) if isinstance(part, ast.Return)]
        found = [part.value for part in inside if part.value is not None and _of(run, part) is node]
    return [value for value in found if value in run.facts.values]


def _of(run: Run, node: ast.AST) -> ast.AST:
    return run.facts.scopes.function(node)


def _reachable(run: Run, function: FunctionNode, value: ast.expr) -> Marks:
    """What a result may hold: what it denotes, and whatever went into a call that is not known."""
    names = names_in(value)
    sources = [value]
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(_name(target) in names for target in node.targets):
            sources.append(node.value)
    calls = [part for source in sources for part in ast.walk(source) if _is_opaque(run, part)]
    arguments = [part for call in calls for part in ast.walk(call) if part in run.facts.values]
    held = [run.facts.values[value], *(run.facts.values[part] for part in arguments)]
    return frozenset().union(*(marks_of(over(part, _unless_gradients)) for part in held))


def _unless_gradients(value: Value) -> Value:
    return Unknown() if isinstance(value, NnxGrads) else value


def _name(target: ast.expr) -> str | None:
    return target.id if isinstance(target, ast.Name) else None


def _is_opaque(run: Run, node: ast.AST) -> bool:
    """A call of which nothing is known, a method of an object for one, or that builds trees from trees."""
    if not isinstance(node, ast.Call):
        return False
    callee = run.facts.values.get(node.func, Unknown())
    if isinstance(callee, Symbol):
        return callee.name.startswith(("jax.tree", "flax.nnx.")) or not callee.name.startswith(NUMERIC)
    method = isinstance(node.func, ast.Attribute) and isinstance(callee, NnxArgument)
    return method or isinstance(callee, Unknown)


def check_fresh(run: Run, optimizer: NnxOptimizer) -> None:
    """An update by an optimizer that was made in the same turn for a model that is older."""
    for context in reversed(run.nnx.contexts):
        if context.node in optimizer.renewed:
            within: Within = "function" if isinstance(context.node, FUNCTIONS) else "loop"
            for site in optimizer.sites:
                run.facts.pitfall(FreshOptimizer(site, within))
            return
        if context.loop:
            return
