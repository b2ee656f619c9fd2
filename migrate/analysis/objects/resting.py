"""Methods that nothing of the project calls: run with an object that stands for any of its class at any time.

Such an object holds what the constructor and every one of these methods may leave behind.
"""

from __future__ import annotations

import ast
from contextlib import nullcontext
from dataclasses import replace

from migrate.analysis.activation import enter_unknown
from migrate.analysis.frames import Variables, merge
from migrate.analysis.kinds import Class, Function, Jit, State, Thing, Token, Value, followed
from migrate.analysis.objects import given_elsewhere, heap, records
from migrate.analysis.objects.libraries import extends_library
from migrate.analysis.objects.things import check_class, line, lookup
from migrate.analysis.run import Run, callables_in

ROUNDS = 3


def run_method(run: Run, function: Function) -> None:
    """Run what nothing calls; a method once for each class that has it."""
    cls = _class_of(run, function)
    if cls is None:
        record = records.some_record(run, function)
        result = enter_unknown(run, function, record)
        if record is not None:
            given_elsewhere.check(run, function, result)
        return
    if run.facts.scopes.runs_later(function.node):
        _refuse_generator(run, cls, function)
    for one in _heirs(run, cls):
        found = lookup(run, one, getattr(function.node, "name", ""))
        if found is not None and function in [f for f, _ in callables_in(found)]:
            thing = _resting(run, one)
            if getattr(function.node, "name", "") != "__init__":
                run.resting.setdefault((one.node, function.node), (thing, function))
                _enter(run, function, thing, found)
    run.entered.add(function.node)


def run_called_by_libraries(run: Run) -> None:
    """A base class of a library may call methods that the project calls too, at any other time."""
    for node, function in [*run.definitions.items()]:
        cls = _class_of(run, function)
        known = any(of is node for _, of in run.resting)
        if cls is None or known or not extends_library(cls) or getattr(node, "name", "") == "__init__":
            continue
        given = [value for (of, _), value in run.facts.parameters.items() if of is node]
        if not any(followed(value) and not isinstance(value, Thing) for value in given):
            with run.entering(run.module_frames[run.facts.file(node).path]):
                run_method(run, function)


def settle(run: Run) -> None:
    """Run these methods again, as each may be called behind any other."""
    for _ in range(ROUNDS):
        before = {path: heap.of(frame.vars) for path, frame in run.module_frames.items()}
        for thing, function in list(run.resting.values()):
            with run.entering(run.module_frames[run.facts.file(function.node).path]):
                _enter(run, function, thing, lookup(run, thing.cls, getattr(function.node, "name", "")))
        if before == {path: heap.of(frame.vars) for path, frame in run.module_frames.items()}:
            return


def _enter(run: Run, function: Function, thing: Thing, found: Value | None) -> None:
    """Run a method; one that is compiled must not change what lies outside of it."""
    outside = run.visible() if isinstance(found, Jit) else frozenset[Token]()
    with run.freezing(outside) if outside else nullcontext():
        given_elsewhere.check(run, function, enter_unknown(run, function, thing))


def _refuse_generator(run: Run, cls: Class, function: Function) -> None:
    """Others may change an object while one of its methods waits in the middle."""
    if any(node in run.facts.scopes.members for node in ast.walk(function.node)):
        message = "a method that waits in the middle reads an attribute that holds a train state or model"
        token = Token(run.families[cls.node], "object")
        run.facts.escape(function.node, "LNX022", message, frozenset({token}))


def users(run: Run, node: ast.AST) -> set[ast.AST]:
    """The functions that name a method, other than itself: they shall run before it."""
    scopes = run.facts.scopes
    if not isinstance(scopes.scope[node], ast.ClassDef) or not isinstance(node, ast.FunctionDef):
        return set()
    if node.name == "__call__":
        inside = (n for cls in run.families for n in ast.walk(cls))
        return {n for n in inside if isinstance(n, ast.FunctionDef) and n is not node}
    return {scopes.function(n) for n in _named(run).get(node.name, ())} - {node}


def _named(run: Run) -> dict[str, list[ast.Attribute]]:
    """The attributes that ordinary classes read, by their names."""
    if not run.attributes_read:
        for node in (n for cls in run.families for n in ast.walk(cls) if isinstance(n, ast.Attribute)):
            run.attributes_read.setdefault(node.attr, []).append(node)
    return run.attributes_read


def _class_of(run: Run, function: Function) -> Class | None:
    """The followed class whose objects a function is a method of."""
    scope = run.facts.scopes.scope[function.node]
    if scope not in run.families or isinstance(function.node, ast.Lambda):
        return None
    marks = {d.id for d in function.node.decorator_list if isinstance(d, ast.Name)}
    assert isinstance(scope, ast.ClassDef)
    return None if marks & {"staticmethod", "classmethod"} else run.facts.classes[scope]


def _heirs(run: Run, cls: Class) -> list[Class]:
    """The classes of objects that extend this one and are not extended themselves, or the class itself."""
    known = (one for one in run.facts.classes.values() if one.node in run.families)
    below = [one for one in known if cls in [*line(one)]]
    extended = {base.node for one in below for base in one.bases if isinstance(base, Class)}
    return [one for one in below if one.node not in extended] or [cls]


def _resting(run: Run, cls: Class) -> Thing:
    """An object of the class at any time; made from all that the project makes, or by the constructor."""
    thing = Thing(cls, run.families[cls.node], cls.node)
    if cls.node in run.rested:
        return thing
    run.rested.add(cls.node)
    check_class(run, cls)
    known = _everything(run, cls)
    heap.frame_of(run.frame).vars.update({heap.key(thing, name): v for name, v in known.items()})
    constructor = lookup(run, cls, "__init__")
    if not known and isinstance(constructor, Function):
        enter_unknown(run, constructor, thing)
    return thing


def _everything(run: Run, cls: Class) -> Variables:
    """What the attributes of the objects of a class hold at the end of the program."""
    known: Variables = {}
    for thing in run.things[cls.node]:
        prefix = heap.prefix(thing)
        for frame in run.module_frames.values():
            held = {n.removeprefix(prefix): v for n, v in frame.vars.items() if n.startswith(prefix)}
            known = merge(known, held)
    return {name: _perhaps_bare(run, cls, name, value) for name, value in known.items()}


def _perhaps_bare(run: Run, cls: Class, name: str, value: Value) -> Value:
    """A state that once was there without an optimizer, as long as others may find it so."""
    once = isinstance(value, State) and (run.families[cls.node], name) in run.bare
    return replace(value, bare=True) if once and isinstance(value, State) else value
