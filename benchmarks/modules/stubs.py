"""Packages that are not installed: their names stand for classes that accept everything."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jax

from benchmarks.modules.extract import bound_names
from benchmarks.modules.settings import Pretrained


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
        self.given = (args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if args else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing

    def __class_getitem__(cls, item: Any) -> Any:
        return cls


def _parts(made: Missing) -> tuple[tuple[Any, ...], None]:
    """What an object of an absent class was made from, as results are compared by it."""
    args, kwargs = vars(made).get("given", ((), {}))
    parts = (*args, *(kwargs[name] for name in sorted(kwargs)))
    return tuple(part for part in parts if isinstance(part, jax.Array)), None


def _again(_: None, parts: Any) -> Missing:
    return Missing(*parts, known=True)


jax.tree_util.register_pytree_node(Missing, _parts, _again)
KNOWN: dict[str, type] = {"ModelOutput": ModelOutput, "PretrainedConfig": Pretrained}


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return KNOWN.get(name, Missing)


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Files below a folder, run statement by statement: one that fails binds its names to nothing known."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.failures: dict[tuple[str, str], str] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for files and packages below the folder."""
        place = self.root.joinpath(*fullname.split("."))
        file = next((f for f in (place / "__init__.py", place.with_suffix(".py")) if f.is_file()), None)
        if file is None:
            return None
        package = file.name == "__init__.py"
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(file), is_package=package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """The usual kind of module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the file; whatever it does not bind is there all the same."""
        spec = module.__spec__
        assert spec is not None and spec.origin is not None
        module.__file__ = spec.origin
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        future = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
        for statement in tree.body:
            part = ast.Module([*future, statement], [])
            try:
                exec(compile(part, spec.origin, "exec", dont_inherit=True), vars(module))
            except Exception as error:
                for name in bound_names(statement):
                    self.failures[module.__name__, name] = f"{type(error).__name__}: {error}"
                    setattr(module, name, Missing)


def _imported(tree: ast.Module) -> set[str]:
    """The packages that a file imports by their full names."""
    nodes = [*ast.walk(tree)]
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in found}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last: what the files below a folder import and nothing else has found."""

    def __init__(self, root: Path) -> None:
        trees = [ast.parse(path.read_text(encoding="utf-8")) for path in root.rglob("*.py")]
        found = {name for tree in trees for name in _imported(tree)} - {"jax", "jaxlib", "flax", "numpy"}
        self.names = {*found, *(path.stem for path in root.iterdir())} - sys.stdlib_module_names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for every name below these packages."""
        if fullname.partition(".")[0] not in self.names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """A module with every attribute."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""
