"""Records: NamedTuples and dataclasses of the project whose fields hold models, optimizers or train states.

A record is a value with named items. What its fields hold is followed through constructions, reads, `replace`
and the record's own methods, which are entered with it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import replace

from migrate.analysis.activation import Arguments, enter, lost
from migrate.analysis.ageing import renamed
from migrate.analysis.joining import join
from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Class,
    Function,
    Grads,
    Instance,
    Method,
    Optimizer,
    Params,
    Record,
    State,
    Symbol,
    Value,
    Variables,
    followed,
)
from migrate.analysis.objects import applying_methods
from migrate.analysis.run import Run
from migrate.analysis.sites import CreateRecord, ReadRecord, ReplaceRecord
from migrate.analysis.training.train_states import check_inside

BASES = frozenset({"typing.NamedTuple", "flax.struct.PyTreeNode"})
DECORATORS = frozenset({"flax.struct.dataclass", "dataclasses.dataclass", "chex.dataclass"})
REPLACING = frozenset({"replace", "_replace"})
DYNAMIC = frozenset(
    {"__init__", "__new__", "__post_init__", "__getattr__", "__getattribute__", "__iter__", "__setattr__"}
)
"""Methods that decide what a construction, a read or an unpacking gives."""

HELD = (Params, Variables, Optimizer, State)
GOING = (ApplyFn, Instance)


def is_record_class(run: Run, value: Value) -> bool:
    """Whether the value is a class of plain fields and methods that nothing extends it with."""
    if not isinstance(value, Class) or value.node.keywords:
        return False
    decorators = [run.facts.values.get(_named(d)) for d in value.node.decorator_list]
    known = all(isinstance(d, Symbol) and d.name in DECORATORS for d in decorators)
    bases = all(isinstance(base, Symbol) and base.name in BASES for base in value.bases)
    body = all(isinstance(s, (ast.AnnAssign, ast.FunctionDef)) or _is_docstring(s) for s in value.node.body)
    named = {s.name for s in value.node.body if isinstance(s, ast.FunctionDef)}
    if named & (DYNAMIC | REPLACING):
        return False
    return known and bases and body and len(decorators) + len(value.bases) == 1 and bool(field_names(value))


def _named(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def fields_of(cls: Class) -> list[ast.AnnAssign]:
    """The statements that declare a field."""
    return [s for s in cls.node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]


def field_names(cls: Class) -> list[str]:
    """The names of the fields, in their order."""
    return [s.target.id for s in fields_of(cls) if isinstance(s.target, ast.Name)]


def method(cls: Class, name: str) -> ast.FunctionDef | None:
    """A method of the class by its name."""
    return next((s for s in cls.node.body if isinstance(s, ast.FunctionDef) and s.name == name), None)


def created(run: Run, cls: Class, given: Arguments) -> Value:
    """`TrainingState(params, opt_state, key)`."""
    node, names = given.node, field_names(cls)
    bound = dict(zip(names, given.args, strict=False)) | dict(given.keywords)
    written = dict(zip(names, node.args, strict=False)) | {k.arg or "**": k.value for k in node.keywords}
    held = {name: value for name, value in bound.items() if followed(value)}
    plain = set(bound) <= set(names) and len(given.args) <= len(names) and set(written) == set(bound)
    starred = any(isinstance(arg, ast.Starred) for arg in node.args)
    if not plain or starred or any(not isinstance(value, HELD + GOING) for value in held.values()):
        return lost(run, given)
    if held:
        run.facts.site(CreateRecord(node, cls, tuple(written.items())))
        tokens = frozenset().union(*(v.tokens for v in held.values() if isinstance(v, HELD)))
        run.facts.links |= {(a, b) for a in tokens for b in tokens}
    return Record(cls, tuple((name, bound.get(name, UNKNOWN)) for name in names))


def attribute(run: Run, node: ast.Attribute, record: Record) -> Value:
    """The kind of `state.attr`."""
    if node.attr in dict(record.fields):
        if followed(record):
            run.facts.site(ReadRecord(node, record.cls, node.attr))
        return dict(record.fields)[node.attr]
    if node.attr in REPLACING or method(record.cls, node.attr) is not None:
        return Method(record, node.attr)
    run.escape(node, "LNX012", f"`.{node.attr}` is no field of `{record.cls.node.name}`", record)
    return UNKNOWN


def call(run: Run, record: Record, name: str, given: Arguments) -> Value:
    """`state.replace(...)`, or a method of the record's class."""
    known = method(record.cls, name)
    if known is None:
        return _replaced(run, record, given)
    if (applied := applying_methods.applied(record, known)) is not None:
        run.facts.applying.add(known)
        run.entered.add(known)
        return run.invoke(applied, given)
    plain = not any(run.facts.values.get(d) is not None for d in known.decorator_list)
    function = run.definitions.get(known)
    if not plain or function is None:
        return lost(run, given, record)
    return enter(run, function, replace(given, args=(record, *given.args)))


def some_record(run: Run, function: Function) -> Record | None:
    """What a method of a record's class that nothing calls may be given: any record that is made."""
    cls = run.facts.scopes.scope[function.node]
    marked = isinstance(function.node, ast.Lambda) or function.node.decorator_list
    if marked or not isinstance(cls, ast.ClassDef):
        return None
    if not is_record_class(run, run.facts.classes.get(cls, UNKNOWN)):
        return None
    values = run.facts.values.values()
    made: list[Value] = [v for v in values if isinstance(v, Record) and v.cls.node is cls and followed(v)]
    fresh = renamed(functools.reduce(join, made), {}, fresh=True) if made else None
    return fresh if isinstance(fresh, Record) else None


def of_class(run: Run, cls: Class, name: str, given: Arguments) -> Value:
    """`State.create(...)`: a class method."""
    known = method(cls, name)
    function = run.definitions.get(known) if known is not None else None
    return enter(run, function, replace(given, args=(cls, *given.args))) if function else lost(run, given)


def is_class_method(run: Run, cls: Value, name: str) -> bool:
    """Whether a record's class has a class method of that name."""
    known = method(cls, name) if isinstance(cls, Class) and is_record_class(run, cls) else None
    return known is not None and [run.facts.values.get(d) for d in known.decorator_list] == [
        Symbol("builtins.classmethod")
    ]


def _replaced(run: Run, record: Record, given: Arguments) -> Value:
    """The record with other values in some of its fields."""
    node = given.node
    source = node.func.value if isinstance(node.func, ast.Attribute) and not given.args else None
    return _with_fields(run, record, source, given)


def replaced(run: Run, given: Arguments) -> Value:
    """`dataclasses.replace(record, ...)`."""
    record, node = given.args[0], given.node
    assert isinstance(record, Record)
    plain = len(node.args) == len(given.args) == 1 and not isinstance(node.args[0], ast.Starred)
    return _with_fields(run, record, node.args[0] if plain else None, given)


def _with_fields(run: Run, record: Record, source: ast.expr | None, given: Arguments) -> Value:
    node, keywords = given.node, dict(given.keywords)
    known = dict(record.fields)
    trees = _trees(record, keywords)
    fits = all(name in known and _fits(known[name], v) for name, v in keywords.items() if name not in trees)
    if source is None or not fits:
        message = "`replace` of fields of a record by other kinds of values has no rewriting yet"
        run.escape(node, "LNX012", message, record, *keywords.values())
        return UNKNOWN
    if followed(record):
        run.facts.site(ReplaceRecord(node, source, record.cls, trees))
    for name in trees:
        keywords[name] = _written(run, node, record, known[name], keywords[name])
    return Record(record.cls, tuple((known | keywords).items()))


def _trees(record: Record, keywords: Mapping[str, Value]) -> tuple[str, ...]:
    """The fields with parameters that are given a tree of their kind."""
    held = {name for name, value in record.fields if isinstance(value, (Params, Variables))}
    return tuple(name for name, value in keywords.items() if name in held and isinstance(value, Grads))


def _written(run: Run, node: ast.Call, record: Record, field: Value, tree: Value) -> Value:
    """A model that has taken over a tree; what it was before counts as old."""
    assert isinstance(field, (Params, Variables)) and isinstance(tree, Grads)
    run.facts.links |= {(a, b) for a in field.tokens for b in tree.tokens}
    check_inside(run, node, field.tokens, record)
    run.age(field.tokens)
    return replace(field, stale=False)


def _fits(old: Value, new: Value) -> bool:
    """Whether a field goes on holding what it held."""
    return type(old) is type(new) if followed(old) or followed(new) else True
