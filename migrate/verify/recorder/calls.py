"""Calls of modules: which one is running, and what the outermost ones return outside of gradients."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from flax import nnx

from .context import user_site
from .describe import describe_values
from .emit import emit_leaves
from .layers import bound_arguments, note_module, ship_layer
from .session import Session
from .trees import named_leaves

STAMP = "to_nnx__linen2nnx_path"
"""A wrapped Linen module takes attributes without that prefix for variables (flax/nnx/bridge/wrappers.py)."""


FILLED = "to_nnx__linen2nnx_filled"
"""Marks the modules that have their initial values, which a module around them must not be given again."""


def stamp(root: Any) -> None:
    """Write its path below `root` on every module, where it survives splitting and merging."""
    for path, node in nnx.iter_graph(root):
        if isinstance(node, nnx.Module) and not hasattr(node, STAMP):
            setattr(node, STAMP, "/".join(str(part) for part in path))


def watch_class(session: Session, kind: type) -> None:
    """Wrap the methods of a module class: all of the user's own, `__call__` of the library's."""
    for base in kind.__mro__:
        if base in (nnx.Module, object) or not issubclass(base, nnx.Module) or base in session.watched:
            continue
        session.watched.add(base)
        library = base.__module__.partition(".")[0] == "flax"
        for name, value in list(vars(base).items()):
            wanted = name == "__call__" or not (library or name.startswith("__"))
            if wanted and isinstance(value, types.FunctionType):
                setattr(base, name, _watched_method(session, name, value))


def _watched_method(session: Session, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        context = session.context
        path = getattr(self, STAMP, None)
        if path is None or context.inside("construct") or context.inside("lazy_init"):
            return method(self, *args, **kwargs)
        with context.calling(path) as outermost:
            if name == "__call__":
                result = _layer(session, self, path, method, args, kwargs)
            else:
                result = method(self, *args, **kwargs)
        if outermost:
            record_call(session, type(self).__qualname__, name, result)
        return result

    return call


def _layer(
    session: Session,
    module: Any,
    path: str,
    method: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call a module; in isolation it is given and hands on what its partner in the Linen run did."""
    isolation = session.isolation
    if isolation is None:
        result = method(module, *args, **kwargs)
        _note(session, module, path, method, args, kwargs, result)
        return result
    call = isolation.call(path)
    result = method(module, *isolation.replaced(call, "in", args), **kwargs)
    _note(session, module, path, method, args, kwargs, result)
    return isolation.replaced(call, "out", result)


def _note(
    session: Session,
    module: Any,
    path: str,
    method: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    result: Any,
) -> None:
    kind = type(module).__name__
    named = bound_arguments(method, module, args, kwargs)
    note_module(session, path, kind, describe_values(vars(module)), named, vars(module))
    if session.settings.layers:
        ship_layer(session, path, kind, args, result)


def record_call(session: Session, module: str, method: str, result: Any) -> None:
    """Ship what a model returned, unless a gradient is being taken of it."""
    if session.context.inside("grad") or session.context.inside("optimizer"):
        return
    leaves = named_leaves(result)
    if leaves:
        header = {"kind": "call", "module": module, "method": method, "site": user_site()}
        emit_leaves(session, {**header, "order": session.context.tick()}, {"out": leaves})
