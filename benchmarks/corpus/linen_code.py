"""Linen code counted without the engine, so that what the engine overlooks still counts against it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from migrate.syntax import parse

LINEN = "flax.linen."
STEPS = frozenset({"apply_gradients", "apply_updates"})


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands; `first` and `last` are the lines of the outermost definition around it."""

    path: str
    line: int
    name: str
    first: int
    last: int


@dataclass(frozen=True)
class _Class:
    place: Place
    bases: tuple[str, ...]


@dataclass(frozen=True)
class _File:
    calls: tuple[Place, ...] = ()
    classes: tuple[_Class, ...] = ()
    names: frozenset[str] = frozenset()


def training_calls(texts: Mapping[str, str]) -> tuple[Place, ...]:
    """Calls that make a train state, `create(..., tx=...)`, or take a step with it or with Optax."""
    return tuple(place for path, text in texts.items() for place in _scan(path, text).calls)


def training_names(texts: Mapping[str, str]) -> frozenset[str]:
    """Every name that is mentioned in a definition with such a call, or beside one at the top of a module."""
    return frozenset().union(*(_scan(path, text).names for path, text in texts.items()))


def module_classes(texts: Mapping[str, str]) -> tuple[Place, ...]:
    """Classes that derive from `flax.linen.Module`, directly or through classes of the project."""
    classes = [each for path, text in texts.items() for each in _scan(path, text).classes]
    own = {(each.place.path, each.place.name) for each in classes}
    known: set[Place] = set()
    while True:
        names = {place.name for place in known}
        here = {(place.path, place.name) for place in known}
        modules = {c.place for c in classes if any(_is_module(b, c.place, names, here, own) for b in c.bases)}
        if modules == known:
            return tuple(sorted(modules))
        known = modules


def _is_module(
    base: str, place: Place, names: set[str], here: set[tuple[str, str]], own: set[tuple[str, str]]
) -> bool:
    """A class of the same file comes first; other names are looked up in the whole project."""
    last = base.rpartition(".")[2]
    if (place.path, last) in own:
        return (place.path, last) in here
    return base.startswith(LINEN) or (last in names and not base.startswith("flax."))


@cache
def _scan(path: str, text: str) -> _File:
    try:
        tree = parse(text)
    except (SyntaxError, ValueError):
        return _File()
    imported = _imported(tree)
    calls: list[Place] = []
    classes: list[_Class] = []
    names: set[str] = set()
    for statement in tree.body:
        known = len(calls)
        span = (statement.lineno, statement.end_lineno or statement.lineno)
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and (name := _training_name(node)):
                calls.append(Place(path, node.lineno, name, *span))
            elif isinstance(node, ast.ClassDef):
                bases = tuple(_resolved(base, imported) for base in node.bases)
                classes.append(_Class(Place(path, node.lineno, node.name, *span), bases))
        if len(calls) > known:
            names |= {_name(node) for node in ast.walk(statement)}
    return _File(tuple(sorted(calls)), tuple(classes), frozenset(names))


def _name(node: ast.AST) -> str:
    """The identifier that a name or an attribute spells, nothing for other nodes."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _training_name(call: ast.Call) -> str:
    name = _name(call.func)
    creates = name == "create" and any(keyword.arg == "tx" for keyword in call.keywords)
    return name if creates or name in STEPS else ""


def _resolved(node: ast.expr, imported: Mapping[str, str]) -> str:
    first, dot, rest = ast.unparse(node).partition(".")
    return f"{imported.get(first, first)}{dot}{rest}"


def _imported(tree: ast.Module) -> dict[str, str]:
    """The full name of every imported one."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found
