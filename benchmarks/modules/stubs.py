"""Packages that are not installed: their names stand for classes that accept everything."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections import OrderedDict
from collections.abc import Sequence
from types import ModuleType
from typing import Any


class ModelOutput(OrderedDict[str, Any]):
    """A record whose fields are read by name and by place."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else self.to_tuple()[key]

    def to_tuple(self) -> tuple[Any, ...]:
        """The fields that hold something."""
        values = (getattr(self, name) for name in getattr(self, "__dataclass_fields__", {}))
        return tuple(value for value in values if value is not None)


class _Anything(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing


class Missing(metaclass=_Anything):
    """A class or function of a package that is not there; as a decorator it changes nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if args else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing

    def __class_getitem__(cls, item: Any) -> Any:
        return cls


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return ModelOutput if name == "ModelOutput" else Missing


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last: whatever nothing else has found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for every name."""
        if fullname.partition(".")[0] in sys.stdlib_module_names | {"jax", "flax", "jaxlib", "numpy"}:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """A module with every attribute."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""
