"""Objects of ordinary classes of the project: trainers, agents, policies that keep a state in an attribute.

An object is known by the place where it is made. Its methods are entered with it, and its attributes are read
and set like variables.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.analysis.activation import Arguments, enter_bound, lost
from migrate.analysis.frames import merge
from migrate.analysis.kinds import (
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    State,
    Symbol,
    Thing,
    Token,
    Value,
    Wrapped,
    followed,
    tokens_of,
)
from migrate.analysis.objects import heap
from migrate.analysis.objects.libraries import PLAIN, calls_back, is_of_library
from migrate.analysis.run import Run

DYNAMIC = frozenset(
    {"__getattr__", "__setattr__", "__getattribute__", "__delattr__", "__slots__", "__new__", "__dict__"}
)


def made(run: Run, cls: Class, given: Arguments) -> Value:
    """`Trainer(...)`."""
    thing = Thing(cls, run.families[cls.node], given.node)
    check_class(run, cls)
    holder = heap.frame_of(run.frame)
    earlier = {name: v for name, v in holder.vars.items() if name.startswith(heap.prefix(thing))}
    for name in earlier:
        del holder.vars[name]
    if earlier:
        run.repeated.add(thing)
    run.things[cls.node].add(thing)
    method = lookup(run, cls, "__init__")
    if method is not None:
        run.invoke(Bound(thing, method), given)
    elif given.args or given.keywords:
        lost(run, given, thing)
    again = {name: holder.vars.get(name, value) for name, value in earlier.items()}
    holder.vars |= merge(earlier, again)
    return thing


def check_class(run: Run, cls: Class) -> None:
    """What a class may not have if its attributes are to be known."""
    for one in line(cls):
        name, token = one.node.name, Token(run.families[cls.node], "object")
        others = [b for b in one.bases if not (isinstance(b, Symbol) and b.name in PLAIN)]
        if all(map(is_of_library, others)):
            others = []
        if one.node.decorator_list or one.node.keywords:
            message = f"`{name}` has decorators or keywords, and its objects hold a train state or model"
        elif len(others) > 1 or not all(isinstance(base, Class) for base in others):
            message = f"`{name}` extends a class that is not known, which may use its attributes"
        elif dynamic := _names(one.node) & DYNAMIC:
            message = f"`{name}` defines `{min(dynamic)}`, so that its attributes are not known"
        else:
            continue
        run.facts.escape(one.node, "LNX022", message, frozenset({token}))


def _names(cls: ast.ClassDef) -> set[str]:
    functions = {s.name for s in cls.body if isinstance(s, ast.FunctionDef)}
    targets = (t for s in cls.body if isinstance(s, ast.Assign) for t in s.targets)
    return functions | {t.id for t in targets if isinstance(t, ast.Name)}


def line(cls: Class) -> Iterator[Class]:
    """The class and those that it extends, nearest first."""
    current: Class | None = cls
    while current is not None:
        yield current
        current = next((base for base in current.bases if isinstance(base, Class)), None)


def lookup(run: Run, cls: Class, name: str, after: ast.ClassDef | None = None) -> Value | None:
    """What a class, or one that it extends, binds to a name; for `super()`, one behind `after`."""
    classes = [one.node for one in line(cls)]
    behind = classes[classes.index(after) + 1 :] if after in classes else classes
    return next((run.bodies[one][name] for one in behind if name in run.bodies.get(one, {})), None)


def attribute(run: Run, node: ast.Attribute, thing: Thing) -> Value:
    """The kind of `trainer.attr`."""
    if node.attr in DYNAMIC or node.attr == "__class__":
        run.escape(node, "LNX022", f"`.{node.attr}` of a followed value is read", thing)
        return UNKNOWN
    kept = heap.read(run.frame, thing, node.attr)
    return kept if kept is not None else _found(run, node, thing, lookup(run, thing.cls, node.attr))


def _found(run: Run, node: ast.expr, thing: Thing, found: Value | None) -> Value:
    """What is found in the class of an object."""
    match found:
        case None:
            calls_back(run, node, thing)
            return UNKNOWN
        case Wrapped("staticmethod", function):
            return function
        case Wrapped("classmethod", function):
            return Bound(thing.cls, function)
        case Wrapped("property", Function() as function):
            result = enter_bound(run, function, node, [thing])
            run.escape(node, "LNX022", "a property gives a followed value: make it a method", result)
            return UNKNOWN
        case _ if isinstance(found, Class | Const):
            return found
        case _:
            return Bound(thing, found)


def of_class(run: Run, cls: Class, name: str) -> Value:
    """The kind of `Trainer.name`."""
    match lookup(run, cls, name):
        case Wrapped("staticmethod", function):
            return function
        case Wrapped("classmethod", function):
            return Bound(cls, function)
        case None | Wrapped():
            return UNKNOWN
        case found:
            return found


def of_super(run: Run, node: ast.Attribute) -> Value | None:
    """The kind of `super().name`; None where that is not what `node` is."""
    match node.value:
        case ast.Call(func=ast.Name(id="super"), args=[], keywords=[]):
            method = run.facts.scopes.function(node)
        case _:
            return None
    around = run.facts.scopes.scope.get(method)
    if not isinstance(method, ast.FunctionDef) or not isinstance(around, ast.ClassDef):
        return None
    first = _lookup(run, method.args.args[0].arg) if method.args.args else UNKNOWN
    if not isinstance(first, Thing):
        return None
    return _found(run, node, first, lookup(run, first.cls, node.attr, around))


def member(run: Run, node: ast.Name) -> Value:
    """What an attribute that is followed like a variable holds."""
    thing, name = _owner(run, node)
    if thing is None:
        return UNKNOWN
    kept = heap.read(run.frame, thing, name)
    return kept if kept is not None else lookup(run, thing.cls, name) or UNKNOWN


def is_empty(run: Run, node: ast.Name) -> bool:
    """Whether nothing has filled an attribute yet, whatever way led here."""
    thing, name = _owner(run, node)
    if thing is None or heap.read(run.frame, thing, name) is not None:
        return False
    return lookup(run, thing.cls, name) is None


def set_member(run: Run, target: ast.Name, kind: Value) -> None:
    """`self.state = ...`."""
    thing, name = _owner(run, target)
    if thing is None:
        return
    run.facts.links |= {(token, thing.token) for token in tokens_of(kind)}
    if _is_of_another(run, target) or (thing in run.repeated and _is_handed(run, target, thing, kind)):
        message = "a followed value goes from one object to another of its class"
        run.escape(target, "LNX022", message, kind, thing)
    set_attribute(run, target, thing, name, kind)


def set_attribute(run: Run, target: ast.expr, thing: Thing, name: str, kind: Value) -> None:
    """What an attribute holds from now on; None is a place that is still empty."""
    if followed(kind) and run.frozen:
        message = "an attribute is set to a followed value inside of a traced function: return it instead"
        run.escape(target, "LNX022", message, kind, thing)
    if isinstance(kind, State) and kind.bare:
        run.bare.add((thing.family, name))
    variables = heap.frame_of(run.frame).vars
    if kind == Const(None):
        variables.pop(heap.key(thing, name), None)
    else:
        variables[heap.key(thing, name)] = kind


def _is_of_another(run: Run, target: ast.Name) -> bool:
    """Whether the same attribute of another object is read in the statement."""
    members, statement = run.facts.scopes.members, run.facts.scopes.statement(target)
    same = (n for n in ast.walk(statement) if n in members and members[n] == members[target])
    return any(isinstance(n, ast.Name) and n.id != target.id for n in same)


def _is_handed(run: Run, target: ast.Name, thing: Thing, kind: Value) -> bool:
    """Whether one of several objects made at one place gets by a name what another of them may hold."""
    statement = run.facts.scopes.statement(target)
    variables, prefix = heap.frame_of(run.frame).vars, heap.prefix(thing)
    held = frozenset[Token]().union(*(tokens_of(v) for n, v in variables.items() if n.startswith(prefix)))
    return not isinstance(getattr(statement, "value", None), ast.Call) and bool(tokens_of(kind) & held)


def _owner(run: Run, node: ast.Name) -> tuple[Thing | None, str]:
    """The object that an attribute belongs to, and the name of the attribute."""
    first, *rest = node.id.split(".")
    value = _lookup(run, first)
    for name in rest[:-1]:
        kept = heap.read(run.frame, value, name) if isinstance(value, Thing) else None
        value = kept if kept is not None else UNKNOWN
    if isinstance(value, Thing):
        return value, rest[-1]
    tokens = frozenset({Token(run.facts.scopes.members[node].owner, "object")}) | tokens_of(value)
    run.facts.escape(node, "LNX022", f"it is not known which object `{first}` is here", tokens)
    return None, rest[-1]


def _lookup(run: Run, name: str) -> Value:
    return next((frame.vars[name] for frame in run.frame.chain() if name in frame.vars), UNKNOWN)
