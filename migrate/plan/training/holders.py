"""Train states that stay one value: what their fields are called, and how they are written."""

from __future__ import annotations

import ast
import re
from typing import TypeVar

from migrate.analysis.facts import Facts
from migrate.analysis.kinds import Class, Holder, Params, Variables, followed
from migrate.analysis.sites import CreateHolder, ReadHolder
from migrate.plan.blocked import Blocked

T = TypeVar("T")
PARAMS = re.compile(r"^(?P<before>.*?)_?params$")


def held_fields(facts: Facts, cls: Class) -> frozenset[str]:
    """The fields of a class that hold parameters, which must be the same wherever a state of it is made."""
    return _common(cls, {frozenset(site.held) for site in _made(facts, cls)})


def stats_field(facts: Facts, cls: Class) -> str | None:
    """The field of a class that holds batch statistics, the same wherever a state of it is made."""
    return _common(cls, {site.stats for site in _made(facts, cls)})


def _made(facts: Facts, cls: Class) -> list[CreateHolder]:
    return [site for site in facts.sites.values() if isinstance(site, CreateHolder) and site.cls == cls]


def _common(cls: Class, found: set[T]) -> T:
    if len(found) != 1:
        raise Blocked(cls.node, "LNX012", f"the fields of `{cls.node.name}` hold different things")
    return found.pop()


def field_name(name: str) -> str:
    """What a field that held parameters is called: `target_params` becomes `target_model`."""
    match = PARAMS.match(name)
    return f"{match['before']}_model".lstrip("_") if match else name


def stem(name: str) -> str | None:
    """The name without the word for parameters, where something is left of it."""
    match = PARAMS.match(name)
    return match["before"].strip("_") or None if match else None


def classes(facts: Facts, nodes: tuple[ast.AST, ...]) -> list[Class]:
    """The classes of the train states among the nodes."""
    values = (facts.values[node] for node in nodes)
    found = {value.cls: None for value in values if isinstance(value, Holder)}
    return [*found]


def reads_models(facts: Facts, expression: ast.expr) -> bool:
    """Whether an expression reads a model or a state as a whole, and not only other fields of a state."""
    values = facts.values
    for node in ast.walk(expression):
        if node in values and followed(values[node]):
            site = facts.sites.get(facts.scopes.parent[node])
            if not (isinstance(site, ReadHolder) and not followed(values[site.node])):
                return True
    return False


def is_old(value: Holder) -> bool:
    """Whether the state, or a model in it, was updated since: in NNX it would show the new numbers."""
    stale = (part.stale for _, part in value.fields if isinstance(part, (Params, Variables)))
    return value.stale or any(stale)
