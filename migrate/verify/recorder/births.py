"""How the NNX objects of a program were built, so that each can be built once more from the start."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jax
from flax import nnx
from jax._src import core

from .trees import is_traced

BIRTH = "to_nnx__linen2nnx_birth"


@dataclass(frozen=True)
class Parent:
    """An argument that was itself an object with a birth of its own."""

    birth: int


@dataclass(frozen=True)
class Birth:
    """A class and copies of the arguments that it was called with, taken before they were used."""

    kind: type
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass
class Births:
    """Every construction that was not part of another; objects carry its number, copies of them too."""

    known: dict[int, Birth] = field(default_factory=dict)
    living: list[weakref.ref[Any]] = field(default_factory=list)

    def prepare(self, kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Birth | None:
        """Note a construction before it happens; None inside of compiled code, which cannot be repeated."""
        if is_traced(jax.tree_util.tree_leaves((args, kwargs))):
            return None
        copied, options = jax.tree_util.tree_map(_copied, (args, kwargs), is_leaf=is_object)
        return Birth(kind, copied, options)

    def register(self, instance: Any, birth: Birth) -> None:
        """Number a new object."""
        number = len(self.known)
        self.known[number] = birth
        setattr(instance, BIRTH, number)
        if core.trace_state_clean():
            self.living.append(weakref.ref(instance))

    def alive(self) -> Iterator[Any]:
        """The objects that the program still holds."""
        yield from (instance for ref in self.living if (instance := ref()) is not None)

    def build(self, number: int, built: dict[int, Any]) -> Any:
        """A new object of a birth; `built` holds those that were made along the way."""
        if number not in built:
            birth = self.known[number]

            def given(value: Any) -> Any:
                return self.build(value.birth, built) if isinstance(value, Parent) else value

            args, kwargs = jax.tree_util.tree_map(
                given, (birth.args, birth.kwargs), is_leaf=lambda v: isinstance(v, Parent) or is_object(v)
            )
            built[number] = birth.kind(*args, **kwargs)
        return built[number]


def is_object(node: Any) -> bool:
    """Whether a node of a tree is an NNX object rather than a container of jax."""
    return isinstance(node, nnx.Pytree)


def _copied(value: Any) -> Any:
    """What an argument was like before the construction used it, random streams above all."""
    if is_object(value):
        number = getattr(value, BIRTH, None)
        return Parent(number) if number is not None and not isinstance(value, nnx.Rngs) else nnx.clone(value)
    return copy.copy(value) if isinstance(value, (list, dict)) else value
