"""Random draws of modules: Linen's keys are recorded, and NNX's keys replaced by them one for one.

A site is a module path, a stream, which draw of one forward call it is, and from where in the user's
code that call came. The first new key at an NNX site stands for the first Linen key of its site, and
so on; a key seen before gets the same answer, so a key that fails to change stays visible.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path as File
from types import CodeType
from typing import Any

import jax
import numpy as np
from flax.nnx import rnglib

from . import wire
from .context import user_stack
from .emit import emit
from .leafmap import Site, draw_site
from .session import Session
from .trees import is_key, is_traced
from .wire import Array


def record_key(session: Session, path: str, stream: str, key: Any) -> None:
    """Ship one Linen key with its site."""
    header = {"kind": "key", **_site(session, path, stream)}
    emit(session, header, {"key": key})


def _site(session: Session, path: str, stream: str) -> dict[str, Any]:
    context = session.context
    return {
        "path": path,
        "stream": stream,
        "occurrence": (occurrence := context.occurrence(path, stream)),
        "origin": context.origin(user_stack(), (path, stream, occurrence)),
        "order": context.tick(),
    }


class Replay:
    """Linen's keys by site, handed out to the NNX run."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.keys: dict[Site, list[Array]] = {}
        self.answers: dict[tuple[Site, bytes], Array] = {}
        self.sites: dict[Site, Site | None] = {}
        source = session.settings.transplant
        for record in wire.records(File(source)) if source else ():
            if record.kind == "key":
                self._learn(draw_site(record.header), record.group("key")[()])

    def _learn(self, site: Site, key: Array) -> None:
        known = self.keys.setdefault(site, [])
        if not any(np.array_equal(key, old) for old in known):
            known.append(key)

    def replace(self, path: str, stream: str, key: Any) -> Any:
        """The Linen key that belongs to an NNX key, of the same kind; the key itself if there is none."""
        header = _site(self.session, path, stream)
        site = self._linen_site(draw_site(header))
        typed = is_key(key)
        data = jax.random.key_data(key) if typed else key
        answer = functools.partial(self._answer, header, site)
        if is_traced([data]):
            spec = jax.ShapeDtypeStruct(data.shape, data.dtype)
            data = jax.pure_callback(answer, spec, data, vmap_method="broadcast_all")
        else:
            data = jax.numpy.asarray(answer(data))
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(key)) if typed else data

    def _linen_site(self, site: Site) -> Site | None:
        """The same site; or, where names differ, the first unclaimed one that shares most with it."""
        if site not in self.sites:
            claimed = set(self.sites.values())
            free = [known for known in self.keys if known not in claimed]
            kin = [known for known in free if (known[0], *known[2:]) == (site[0], *site[2:])]
            kin += [known for known in free if known[:2] == site[:2]]
            kin += [known for known in free if known[1] == site[1]]
            self.sites[site] = site if site in self.keys else next(iter(kin), None)
        return self.sites[site]

    def _answer(self, header: Mapping[str, Any], site: Site | None, data: Any) -> Array:
        drawn = np.asarray(data)
        own = site if site is not None else draw_site(header)
        memory = own, drawn.tobytes()
        if memory not in self.answers:
            waiting = self.keys.get(own, [])
            used = sum(1 for known, _ in self.answers if known == own)
            left = used < len(waiting)
            self.answers[memory] = _fit(waiting[used], drawn) if left else drawn
            self.session.write({"kind": "draw", **header, "replayed": left}, [])
        return self.answers[memory]


def _fit(key: Array, drawn: Array) -> Array:
    """A key that one program shares between lanes, repeated for the lanes of the other."""
    return np.broadcast_to(key, drawn.shape).astype(drawn.dtype) if key.ndim <= drawn.ndim else drawn


def watched_make_rng(session: Session, make_rng: Callable[..., Any]) -> Callable[..., Any]:
    """`Module.make_rng` with its keys recorded, initialisation left out, and what is replaced afterwards."""

    @functools.wraps(make_rng)
    def call(self: Any, name: str = "params") -> Any:
        key = make_rng(self, name)
        replaced = session.settings.transplant and session.context.inside("bridge")
        if not session.context.inside("init") and not replaced:
            record_key(session, "/".join(self.scope.path), name, key)
        return key

    return call


def replayed_make_rng(session: Session, replay: Replay, make_rng: Callable[..., Any]) -> Callable[..., Any]:
    """`Module.make_rng` with its key replaced where the module is a wrapped one of the NNX program."""

    @functools.wraps(make_rng)
    def call(self: Any, name: str = "params") -> Any:
        key = make_rng(self, name)
        if not session.context.inside("bridge") or session.context.inside("init"):
            return key
        return replay.replace("/".join(self.scope.path), name, key)

    return call


def watched_stream(session: Session, replay: Replay, draw: Callable[..., Any]) -> Callable[..., Any]:
    """`RngStream.__call__` with its key replaced while a module is being called."""

    @functools.wraps(draw)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        key = draw(self, *args, **kwargs)
        if not session.context.modules or session.context.inside("construct"):
            return key
        if session.context.inside("bridge") or _is_divided(sys._getframe(1).f_code):
            return key
        stream = session.context.stream or self.tag
        return replay.replace(session.context.modules[-1], stream, key)

    return call


def _is_divided(caller: CodeType) -> bool:
    """Whether a stream gives the key that it is split or forked from, which is no draw of the program."""
    within = caller.co_filename == rnglib.__file__
    return within and any(word in caller.co_name for word in ("split", "fork"))


def watched_dropout(session: Session, replay: Replay, forward: Callable[..., Any]) -> Callable[..., Any]:
    """`Dropout.__call__`, which may be given a raw key instead of a stream."""

    @functools.wraps(forward)
    def call(self: Any, inputs: Any, *args: Any, rngs: Any = None, **kwargs: Any) -> Any:
        flag = kwargs.get("deterministic")
        silent = self.deterministic if flag is None else flag
        if isinstance(rngs, jax.Array) and not silent and self.rate > 0:
            path = session.context.modules[-1] if session.context.modules else ""
            rngs = replay.replace(path, self.rng_collection, rngs)
        with session.context.drawing(self.rng_collection):
            return forward(self, inputs, *args, rngs=rngs, **kwargs)

    return call
