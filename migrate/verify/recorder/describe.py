"""Gradient transformations and modules in plain words and numbers, for telling two programs apart."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

DEPTH = 8
Facts = dict[str, Any]


def describe_transform(update: Callable[..., Any]) -> list[Facts]:
    """The parts of a gradient transformation, the outermost first: name and numbers of each."""
    found: list[Facts] = []
    _walk(update, found, DEPTH, set())
    return found


def _walk(function: Any, found: list[Facts], depth: int, seen: set[int]) -> None:
    function = inspect.unwrap(function) if callable(function) else function
    code = getattr(function, "__code__", None)
    if code is None or depth == 0 or id(function) in seen:
        return
    seen.add(id(function))
    cells = _cells(function)
    numbers = {name: number for name, value in cells.items() if (number := _number(value)) is not None}
    name = function.__qualname__.partition(".<locals>")[0]
    found.append({"name": name, "module": function.__module__ or "", "numbers": numbers})
    for value in cells.values():
        for inner in _functions(value):
            _walk(inner, found, depth - 1, seen)


def _cells(function: Any) -> Facts:
    """What a closure holds, by name; empty cells are left out."""
    held: Facts = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            held[name] = cell.cell_contents
    return held


def _number(value: Any) -> float | bool | None:
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, np.generic) or (hasattr(value, "shape") and value.shape == ()):
        try:
            return float(value)
        except Exception:
            return None
    return None


def _functions(value: Any) -> list[Any]:
    """Functions inside a captured value: itself, members of a tuple, a transformation's `update`."""
    if hasattr(value, "update") and hasattr(value, "init"):
        return [value.update]
    if isinstance(value, (list, tuple)):
        return [inner for item in value for inner in _functions(item)]
    if isinstance(value, dict):
        return [inner for item in value.values() for inner in _functions(item)] if len(value) < 64 else []
    return [value] if callable(value) else []


def describe_values(values: Mapping[str, Any]) -> Facts:
    """The plain part of a module's attributes: numbers, names, types, functions by name."""
    plain = {name: _plain(value) for name, value in values.items() if not name.startswith("_")}
    return {name: value for name, value in plain.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)) and len(value) < 16:
        items = [_plain(item) for item in value]
        return items if all(item is not None for item in items) else None
    if isinstance(value, (type, np.dtype)):
        return _dtype_name(value)
    if inspect.isfunction(value) or hasattr(value, "__wrapped__"):
        return str(getattr(value, "__qualname__", getattr(value, "__name__", ""))) or None
    return None


def _dtype_name(value: Any) -> str:
    try:
        return str(np.dtype(value).name)
    except (TypeError, ValueError):
        return str(getattr(value, "__name__", value))


def describe_flags(kwargs: Mapping[str, Any]) -> Facts:
    """Switches of one call, and which of its array arguments were left out."""
    flags: Facts = {name: value for name, value in kwargs.items() if isinstance(value, bool)}
    if "mask" in kwargs:
        flags["mask"] = kwargs["mask"] is not None
    return flags
