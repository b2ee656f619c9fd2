"""Stand-ins for what the programs need around their training; copied beside each driver."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import flax.io  # noqa: F401  (looks for TensorFlow, so it must not meet the stand-in)


class Absent(ModuleType):
    """A library whose results the program does not use, such as a logger: everything in it does nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return ()

    def __enter__(self) -> Absent:
        return self

    def __exit__(self, *details: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getitem__(self, key: Any) -> Absent:
        return self

    def __or__(self, other: Any) -> Any:
        return other

    __ror__ = __or__


class Config(dict[str, Any]):
    """A dictionary whose entries are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def update_from_flattened_dict(self, items: dict[str, Any]) -> None:
        self.update(items)


def absent(*names: str) -> None:
    """Let the program import modules that are not there."""
    for name in names:
        provide(name, Absent(name))


def provide(name: str, module: Any) -> None:
    """Let the program find `module` under `name`, a dotted one below its parents."""
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], last, module)


def module(name: str, **members: Any) -> ModuleType:
    """Make a module of these members and let the program find it."""
    made = ModuleType(name)
    made.__dict__.update(members)
    made.__path__ = []
    provide(name, made)
    return made


class Examples:
    """An array as a data set library hands it out: with `numpy()` and `_numpy()`."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def numpy(self) -> Any:
        return self.array

    _numpy = numpy

    def flatten(self) -> Examples:
        return Examples(self.array.flatten())

    def long(self) -> Examples:
        return Examples(self.array.astype("int64"))


def cycle(batches: Iterable[Any]) -> Iterator[Any]:
    """Repeat the batches for ever."""
    known = list(batches)
    while True:
        yield from known
