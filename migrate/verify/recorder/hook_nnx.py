"""The NNX side: transplant at the end of each outermost construction, random draws, optimizer steps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flax import nnx
from flax.nnx import pytreelib

from .calls import watch_class
from .draws import Replay, watched_dropout, watched_stream
from .isolate import Isolation
from .modules import non_parameters
from .session import Session
from .takeover import Takeover
from .transplant import Transplant


def install(session: Session) -> None:
    """Patch the construction of NNX objects and `Optimizer.update`."""
    transplant = Transplant(session)
    session.isolation = Isolation(session) if session.settings.references else None
    meta = pytreelib.PytreeMeta
    meta._pytree_meta_construct = _watched_construct(session, transplant, meta._pytree_meta_construct)
    nnx.Optimizer.update = _watched_step(session, Takeover(session), nnx.Optimizer.update)
    replay = Replay(session)
    nnx.RngStream.__call__ = watched_stream(session, replay, nnx.RngStream.__call__)
    nnx.Dropout.__call__ = watched_dropout(session, replay, nnx.Dropout.__call__)


def _watched_construct(
    session: Session, transplant: Transplant, construct: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(construct)
    def call(cls: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        births = session.births if not session.context.inside("construct") else None
        birth = births.prepare(cls, args, kwargs) if births else None
        with session.context.enter("construct") as outermost:
            construct(cls, instance, *args, **kwargs)
        if births and birth:
            births.register(instance, birth)
        if isinstance(instance, nnx.Module):
            watch_class(session, type(instance))
        if outermost and isinstance(instance, nnx.Module):
            transplant.into(instance)

    return call


def _watched_step(session: Session, takeover: Takeover, update: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(update)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        model = args[0] if isinstance(self, nnx.Optimizer) and len(args) > 1 else getattr(self, "model", None)
        fields = non_parameters(model) if isinstance(model, nnx.Module) else {}
        with session.context.owner(self.step.get_raw_value(), fields):
            result = update(self, *args, **kwargs)
        if isinstance(model, nnx.Module):
            takeover.after_step(self, model)
        session.resume_if_due((self, args))
        return result

    return call
