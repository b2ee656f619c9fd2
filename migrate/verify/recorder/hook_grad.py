"""Every loss, seen where `jax.value_and_grad` is entered from outside (`jax.grad` calls it too)."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from jax._src import api

from .context import user_site
from .emit import emit
from .session import Session


def install(session: Session) -> None:
    """Replace `value_and_grad` in every loaded module that holds it."""
    original = api.value_and_grad

    @functools.wraps(original)
    def value_and_grad(fun: Any, argnums: Any = 0, has_aux: bool = False, *rest: Any, **options: Any) -> Any:
        inner = original(fun, argnums, has_aux, *rest, **options)
        return watched(session, fun, inner, has_aux)

    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("value_and_grad") is original:
            vars(module)["value_and_grad"] = value_and_grad


def watched(session: Session, fun: Any, inner: Callable[..., Any], has_aux: bool) -> Callable[..., Any]:
    """A gradient function whose loss is recorded when it is not inside another one."""
    name = loss_name(fun)
    replays = session.replays

    @functools.wraps(inner)
    def call(*args: Any, **kwargs: Any) -> Any:
        with session.context.enter("grad") as outermost:
            wanted = replays is not None and outermost
            result = replays.call(name, inner, args, kwargs) if wanted else inner(*args, **kwargs)
        if outermost:
            value = result[0][0] if has_aux else result[0]
            emit(session, {"kind": "loss", "name": name, "site": user_site()}, {"loss": value})
        return result

    return call


def loss_name(fun: Any) -> str:
    """The user's name for a loss, below the wrappers that NNX and `partial` put around it."""
    for attribute in ("f", "func", "__wrapped__"):
        inner = getattr(fun, attribute, None)
        if callable(inner) and not isinstance(inner, type):
            return loss_name(inner)
    return str(getattr(fun, "__name__", type(fun).__name__))
