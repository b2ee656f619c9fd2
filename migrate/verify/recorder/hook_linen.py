"""The Linen side: initial variables from `init`, and what a train state carries through its steps."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from flax import linen
from flax.training.train_state import TrainState

from .context import user_site
from .emit import emit
from .session import Session
from .trees import creation_order

OWN_FIELDS = {"step", "apply_fn", "params", "tx", "opt_state"}


def install(session: Session) -> None:
    """Patch `Module.init`, `Module.init_with_output` and `TrainState.apply_gradients`."""
    linen.Module.init = _watched_init(session, linen.Module.init, lambda result: result)
    linen.Module.init_with_output = _watched_init(
        session, linen.Module.init_with_output, lambda result: result[1]
    )
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


def _watched_step(session: Session, apply_gradients: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(apply_gradients)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        fields = {name: getattr(self, name) for name in _extra_fields(self)}
        fields |= {name: value for name, value in kwargs.items() if name != "grads"}
        with session.context.owner(self.step, fields):
            return apply_gradients(self, *args, **kwargs)

    return call


def _extra_fields(state: Any) -> list[str]:
    if not dataclasses.is_dataclass(state):
        return []
    return [field.name for field in dataclasses.fields(state) if field.name not in OWN_FIELDS]
