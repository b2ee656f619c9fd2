"""Every optimizer step, seen where a gradient transformation's `update` is entered from outside."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

import jax
import optax

from .context import user_site
from .describe import Facts, describe_transform
from .emit import emit
from .session import Session
from .trees import named_leaves, without_large


def install(session: Session) -> None:
    """Wrap the `update` of every gradient transformation made from now on, and of `MultiSteps`."""
    base = optax.GradientTransformation
    create = base.__new__

    def create_wrapped(cls: Any, init: Any, update: Any) -> Any:
        return create(cls, init, watched(session, update))

    base.__new__ = staticmethod(create_wrapped)
    optax.MultiSteps.update = watched(session, optax.MultiSteps.update, bound=True)


def watched(session: Session, update: Callable[..., Any], bound: bool = False) -> Callable[..., Any]:
    """`update` with the outermost call of a nest recorded; arguments are passed on untouched."""

    @functools.wraps(update)
    def call(*args: Any, **kwargs: Any) -> Any:
        with session.context.enter("optimizer") as outermost:
            result = update(*args, **kwargs)
        if outermost:
            given = args[1:] if bound else args
            parts = _multi_steps(args[0]) if bound else describe_transform(update)
            _record(session, _arguments(given, kwargs), result, parts)
        return result

    return call


def _multi_steps(steps: Any) -> list[Facts]:
    """Accumulation, and the transformation that it wraps."""
    try:
        every = int(steps._every_k_schedule(0))
    except (AttributeError, TypeError):
        every = 0
    return [
        {"name": "MultiSteps", "module": "optax", "numbers": {"every_k": every}},
        *describe_transform(steps.inner_opt.update),
    ]


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    names = ("updates", "state", "params")
    return {**{name: kwargs.get(name) for name in names}, **dict(zip(names, args, strict=False))}


def _record(session: Session, given: dict[str, Any], result: tuple[Any, Any], parts: list[Facts]) -> None:
    identity = session.context.optimizer = _identity(given)
    if session.settings.light:
        leaves = jax.tree_util.tree_leaves(result)
        smallest = min(leaves, key=lambda leaf: getattr(leaf, "size", 1), default=0)
        emit(session, {"kind": "update", "optimizer": identity}, {"mark": smallest})
        return
    owners = session.context.owners
    owner = owners[-1] if owners else {"step": None, "fields": {}, "kept": []}
    trees = {
        "grads": given["updates"],
        "params": given["params"],
        "opt_state": given["state"],
        "updates": result[0] if session.settings.exact else without_large(result[0]),
        "step": owner["step"],
        "fields": owner["fields"],
    }
    header = {"kind": "update", "optimizer": identity, "site": user_site(), "transform": parts}
    header["kept"] = owner["kept"]
    emit(session, header, trees)


def _identity(given: dict[str, Any]) -> str:
    """Names an optimizer by the shapes of what it updates and of the state that it keeps."""
    parts = [given["updates"], given["state"]]
    text = repr([(path, getattr(leaf, "shape", ())) for part in parts for path, leaf in named_leaves(part)])
    return hashlib.sha1(text.encode()).hexdigest()[:12]
