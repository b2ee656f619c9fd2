"""What each module is and was called with; in the second pass also its inputs and its output."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from .context import user_site, user_stack
from .describe import Facts, describe_flags
from .emit import emit_leaves
from .leafmap import Path
from .session import Session
from .trees import named_leaves

DEFAULTS = ("use_running_average", "deterministic")


def note_module(
    session: Session, path: str, kind: str, facts: Facts, kwargs: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    """Write what a module is, once for each way in which it is called; costs nothing at run time."""
    flags = {name: given[name] for name in DEFAULTS if isinstance(given.get(name), bool)}
    flags |= describe_flags(kwargs)
    header = {
        "kind": "module",
        "path": path,
        "type": kind,
        "facts": facts,
        "flags": flags,
        "training": session.context.inside("grad"),
        "site": user_site(),
    }
    text = json.dumps(header, sort_keys=True, default=str)
    if text not in session.noted:
        session.noted.add(text)
        session.write({**json.loads(text), "order": session.context.tick()}, [])


def bound_arguments(
    function: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a call by name, as far as they were given."""
    try:
        return dict(inspect.signature(function).bind_partial(instance, *args, **kwargs).arguments)
    except (TypeError, ValueError):
        return dict(kwargs)


def ship_layer(session: Session, path: str, kind: str, args: tuple[Any, ...], result: Any) -> None:
    """Ship the inputs and the output of one module call."""
    context = session.context
    header = {
        "kind": "layer",
        "path": path,
        "type": kind,
        "occurrence": (occurrence := context.occurrence(path, "layer")),
        "origin": context.origin(user_stack(), (path, "layer", occurrence)),
        "site": user_site(),
        "training": context.inside("grad"),
        "order": context.tick(),
    }
    emit_leaves(session, header, {"in": _arrays(args), "out": _arrays(result)})


def _arrays(tree: Any) -> list[tuple[Path, Any]]:
    try:
        return [(path, leaf) for path, leaf in named_leaves(tree) if hasattr(leaf, "shape")]
    except (TypeError, ValueError):
        return []
