"""The Linen side: initial variables from `init`, and random draws, what a train state carries."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from flax import linen
from flax.training.train_state import TrainState

from .calls import record_call
from .context import user_site
from .describe import describe_values
from .draws import watched_make_rng
from .emit import emit
from .layers import bound_arguments, note_module, ship_layer
from .session import Session
from .trees import creation_order

OWN_FIELDS = {"step", "apply_fn", "params", "tx", "opt_state"}


def install(session: Session) -> None:
    """Patch `Module.init`, `Module.init_with_output` and `TrainState.apply_gradients`."""
    linen.Module.init = _watched_init(session, linen.Module.init, lambda result: result)
    linen.Module.init_with_output = _watched_init(
        session, linen.Module.init_with_output, lambda result: result[1]
    )
    linen.Module.apply = _watched_apply(session, linen.Module.apply)
    linen.Module.make_rng = watched_make_rng(session, linen.Module.make_rng)
    TrainState.apply_gradients = _watched_step(session, TrainState.apply_gradients)


def _watched_init(
    session: Session, init: Callable[..., Any], pick: Callable[[Any], Any]
) -> Callable[..., Any]:
    @functools.wraps(init)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with session.context.enter("init") as outermost:
            result = init(self, *args, **kwargs)
        if outermost:
            _record_init(session, self, pick(result))
        return result

    return call


def _record_init(session: Session, module: Any, variables: Any) -> None:
    header = {
        "kind": "init",
        "module": type(module).__qualname__,
        "order": creation_order(variables),
        "site": user_site(),
    }
    emit(session, header, {"variables": variables})


def _watched_apply(session: Session, apply: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(apply)
    def call(self: Any, *args: Any, mutable: Any = False, **kwargs: Any) -> Any:
        if session.context.inside("init"):
            return apply(self, *args, mutable=mutable, **kwargs)
        with session.context.calling("") as outermost:
            result = apply(self, *args, mutable=mutable, **kwargs)
        if outermost:
            output = result if mutable is False else result[0]
            record_call(session, type(self).__qualname__, _method_name(kwargs.get("method")), output)
        return result

    return call


def interceptor(session: Session) -> Callable[..., Any]:
    """Notes every module that is called, its settings and its switches."""

    def intercept(next_call: Any, args: tuple[Any, ...], kwargs: dict[str, Any], context: Any) -> Any:
        result = next_call(*args, **kwargs)
        if context.method_name == "__call__" and not session.context.inside("init"):
            module = context.module
            kind, path = type(module).__name__, "/".join(module.scope.path)
            values = {field.name: getattr(module, field.name, None) for field in dataclasses.fields(module)}
            named = bound_arguments(type(module).__call__, module, args, kwargs)
            note_module(session, path, kind, describe_values(values), named, values)
            if session.settings.layers:
                ship_layer(session, path, kind, args, result)
        return result

    return intercept


def _method_name(method: Any) -> str:
    if isinstance(method, str):
        return method
    return getattr(method, "__name__", "__call__") if method is not None else "__call__"


def _watched_step(session: Session, apply_gradients: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(apply_gradients)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        fields = {name: getattr(self, name) for name in _extra_fields(self)}
        given = {name: value for name, value in kwargs.items() if name != "grads"}
        with session.context.owner(self.step, fields | given, fields.keys() - given):
            return apply_gradients(self, *args, **kwargs)

    return call


def _extra_fields(state: Any) -> list[str]:
    if not dataclasses.is_dataclass(state):
        return []
    return [field.name for field in dataclasses.fields(state) if field.name not in OWN_FIELDS]
