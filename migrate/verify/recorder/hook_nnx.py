"""The NNX side: transplant at the end of each outermost construction, random draws, optimizer steps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flax import linen, nnx
from flax.nnx import pytreelib
from flax.nnx.bridge import wrappers

from .calls import watch_class
from .draws import Replay, replayed_make_rng, watched_dropout, watched_stream
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
    wrappers.lazy_init = nnx.bridge.lazy_init = _watched_lazy_init(session, transplant, wrappers.lazy_init)
    nnx.bridge.ToNNX.__call__ = _watched_wrapper(session, nnx.bridge.ToNNX.__call__)
    linen.Module.make_rng = replayed_make_rng(session, replay, linen.Module.make_rng)


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


def _watched_lazy_init(
    session: Session, transplant: Transplant, lazy_init: Callable[..., Any]
) -> Callable[..., Any]:
    """A wrapped Linen module has its variables only after `lazy_init`."""

    @functools.wraps(lazy_init)
    def call(fn: Any, *args: Any, **kwargs: Any) -> Any:
        with session.context.enter("lazy_init") as outermost:
            result = lazy_init(fn, *args, **kwargs)
        if outermost and not session.context.inside("construct"):
            transplant.into(fn if isinstance(fn, nnx.Module) else fn.__self__)
        return result

    return call


def _watched_wrapper(session: Session, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The keys that a wrapper takes from its streams are not the ones that its Linen module draws."""

    @functools.wraps(forward)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with session.context.enter("bridge"):
            return forward(self, *args, **kwargs)

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
