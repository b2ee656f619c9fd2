"""What the fields of a record are called that hold a model or an optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import (
    UNKNOWN,
    ApplyFn,
    Class,
    Const,
    Instance,
    Mixed,
    Optimizer,
    Params,
    Record,
    State,
    Transformation,
    Unknown,
    Value,
    Variables,
    followed,
)
from migrate.analysis.nnx_code.nnx_kinds import NnxSelf
from migrate.analysis.run import is_definition
from migrate.analysis.sites import CreateRecord, ReadRecord, UpdateModel
from migrate.plan.blocked import Blocked
from migrate.plan.naming.names import OPTIMIZER, proposed
from migrate.plan.training.holders import field_name, stem

DEFINITION = "definition"
STATE = "state"
TYPES = {"model": "nnx.Module", "optimizer": "nnx.Optimizer", STATE: "tuple[nnx.Module, nnx.Optimizer]"}


def classes(facts: Facts, nodes: Iterable[ast.AST]) -> list[Class]:
    """The classes of the records among the nodes."""
    values = (facts.values[node] for node in nodes)
    return [*dict.fromkeys(value.cls for value in values if isinstance(value, Record))]


def held_fields(facts: Facts, cls: Class) -> dict[str, str]:
    """The fields that hold a model or an optimizer, and which; the same in every record of the class."""
    records = _records(facts, cls)
    held: dict[str, str] = {}
    for name in dict.fromkeys(name for record in records for name, _ in record.fields):
        kinds = {_kind(dict(record.fields)[name]) for record in records}
        if kinds - {None}:
            kind = next(iter(kinds)) if len(kinds) == 1 else None
            if kinds == {"optimizer", None} and _only_missing(records, name):
                kind = "optimizer"
            if kind is None or kind == "more":
                raise Blocked(cls.node, "LNX035", f"`{name}` of `{cls.node.name}` holds different things")
            held[name] = kind
    held |= dict.fromkeys(_transformations(facts, cls, records), DEFINITION)
    return held


def _records(facts: Facts, cls: Class) -> list[Record]:
    values = [*facts.values.values(), *facts.parameters.values(), *facts.returns.values()]
    return [value for value in values if isinstance(value, Record) and value.cls == cls]


def _only_missing(records: list[Record], name: str) -> bool:
    """Whether a field that holds an optimizer is None in the records that have none."""
    values = (dict(record.fields)[name] for record in records)
    return all(isinstance(value, Optimizer) or value == Const(None) for value in values)


def is_optional(facts: Facts, cls: Class, name: str) -> bool:
    """Whether the optimizer of a field is missing in some records."""
    return any(dict(record.fields)[name] == Const(None) for record in _records(facts, cls))


def _transformations(facts: Facts, cls: Class, records: list[Record]) -> set[str]:
    """Fields with a transformation that is only there to update: the optimizer holds it now."""
    names = {name for record in records for name, value in record.fields if isinstance(value, Transformation)}
    made = [s for s in facts.sites.values() if isinstance(s, CreateRecord) and s.cls == cls]
    names -= {name for s in made for name, given in s.given if not isinstance(given, ast.Name)}
    reads = [s for s in facts.sites.values() if isinstance(s, ReadRecord) and s.cls == cls]
    return names - {read.field for read in reads if not _updates(facts, read.node)}


def _updates(facts: Facts, node: ast.Attribute) -> bool:
    """Whether a transformation is read to call `update`."""
    above = facts.scopes.parent[node]
    return isinstance(facts.sites.get(facts.scopes.parent[above]), UpdateModel)


def _kind(value: Value) -> str | None:
    match value:
        case Params() | Variables():
            return "model"
        case Optimizer():
            return "optimizer"
        case State():
            return STATE
        case ApplyFn() | Instance():
            return DEFINITION
        case Mixed() if is_definition(value):
            return DEFINITION
        case _:
            return "more" if followed(value) else None


def new_names(facts: Facts, cls: Class) -> dict[str, str]:
    """The new name of each field that holds a model or optimizer, or its own where it must stay."""
    held = {name: kind for name, kind in held_fields(facts, cls).items() if kind in TYPES}
    statements = (s for s in cls.node.body if isinstance(s, ast.AnnAssign))
    others = {s.target.id for s in statements if isinstance(s.target, ast.Name)} - held.keys()
    models_only = not others and set(held.values()) == {"model"}
    own = {name: stem(name) if models_only else None for name in held}
    new = {name: own[name] or _proposed(name, kind) for name, kind in held.items()}
    distinct = len({*new.values()}) == len(new) and not others & {*new.values()}
    renamed = {old for old, name in new.items() if old != name}
    return new if distinct and _read_elsewhere(facts, cls, renamed) is None else {name: name for name in held}


def _proposed(name: str, kind: str) -> str:
    if kind == STATE:
        return name
    if kind == "model":
        return field_name(name)
    return proposed(name, OPTIMIZER).optimizer if OPTIMIZER.match(name) else name


def check_states(facts: Facts, cls: Class) -> None:
    """A train state in a field is a pair from now on, which every read of the field must know."""
    names = {name for name, kind in held_fields(facts, cls).items() if kind == STATE}
    if names and (node := _read_elsewhere(facts, cls, names)) is not None:
        message = (
            f"`.{node.attr}` may read the train state of a `{cls.node.name}` that is not followed to here"
        )
        raise Blocked(node, "LNX035", message)


def applying_methods(facts: Facts, cls: Class) -> list[ast.FunctionDef]:
    """Methods that only apply: the model is called in their place, which every call must know."""
    found = [s for s in cls.node.body if isinstance(s, ast.FunctionDef) and s in facts.applying]
    names = {method.name for method in found}
    if names and (node := _read_elsewhere(facts, cls, names)) is not None:
        message = f"`.{node.attr}` may call a `{cls.node.name}` that is not followed to here"
        raise Blocked(node, "LNX035", message)
    return found


def _read_elsewhere(facts: Facts, cls: Class, names: set[str]) -> ast.Attribute | None:
    """Where something that is not known may be a record whose field is read."""
    for file in facts.files.by_path.values():
        for node in file.attributes:
            if node.attr in names:
                if facts.applying.intersection(facts.scopes.enclosing(facts.scopes.scope[node])):
                    continue
                site = facts.sites.get(node)
                if _may_be(facts, cls, node.value) and not isinstance(site, ReadRecord):
                    return node
    return None


def _may_be(facts: Facts, cls: Class, node: ast.expr) -> bool:
    """Whether an expression may be a record that is not followed: `self` in its class, or anything."""
    value = facts.values.get(node, UNKNOWN)
    inside = cls.node in facts.scopes.enclosing(facts.scopes.scope[node])
    return isinstance(value, Unknown) or (isinstance(value, NnxSelf) and inside)


def is_old(value: Record) -> bool:
    """Whether a model or an optimizer in the record was updated since."""
    return any(getattr(item, "stale", False) or getattr(item, "moved", False) for _, item in value.fields)
