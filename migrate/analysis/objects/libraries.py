"""Classes that extend one of a library: it may call their methods, and does not read what only they set.

That a base class does not read an attribute which only the project sets cannot be seen from its code, as that
is not at hand. It is taken as certain of libraries that know nothing of Flax.
"""

from __future__ import annotations

import ast

from migrate.analysis.kinds import UNKNOWN, Class, Const, Symbol, Thing, Value, followed, tokens_of
from migrate.analysis.objects import heap
from migrate.analysis.run import Run

PLAIN = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
LIBRARIES = (
    "absl.",
    "cmd.",
    "code.",
    "collections.abc.",
    "contextlib.",
    "dm_env.",
    "gym.",
    "gymnasium.",
    "lightning.",
    "logging.",
    "pettingzoo.",
    "pytorch_lightning.",
    "sb3_contrib.",
    "stable_baselines3.",
    "torch.",
    "unittest.",
)
"""Libraries that know nothing of Flax, and whose classes let a subclass keep what it likes."""


def is_of_library(base: Value) -> bool:
    """Whether a base class is one of these libraries."""
    return isinstance(base, Symbol) and base.name.startswith(LIBRARIES)


def extends_library(cls: Class) -> bool:
    """Whether the class, or one that it extends, has such a base class."""
    inner = (base for base in cls.bases if isinstance(base, Class))
    return any(map(is_of_library, cls.bases)) or any(extends_library(base) for base in inner)


def asks_for_other(run: Run, args: tuple[Value, ...]) -> bool:
    """Whether an attribute that holds nothing followed is looked up in an object by a constant name."""
    match args:
        case (Thing(family=family) as thing, Const(str(name)), *rest) if not any(map(followed, rest)):
            kept = run.facts.attributes.followed.get(family, frozenset())
            held = heap.read(run.frame, thing, name)
            return name not in kept and not followed(held if held is not None else UNKNOWN)
        case _:
            return False


def calls_back(run: Run, node: ast.expr, thing: Thing) -> None:
    """A call of an inherited method may run every method of the object: what names hold of it is old then."""
    above = run.facts.scopes.parent[node]
    if isinstance(above, ast.Call) and above.func is node and extends_library(thing.cls):
        variables = heap.frame_of(run.frame).vars
        kept = heap.of(variables)
        prefix = heap.prefix(thing)
        held = [value for name, value in kept.items() if name.startswith(prefix)]
        run.age(frozenset().union(*(tokens_of(value) for value in held)))
        variables |= kept
