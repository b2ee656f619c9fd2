"""One gradient call of the run, captured as a jaxpr and evaluated again in float64."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from .context import user_site
from .emit import sender
from .float64 import evaluate
from .session import Session
from .trees import is_key, is_traced, named_leaves


@dataclass
class Replays:
    """Captures the wanted call of every gradient site and replays it beside the running program."""

    session: Session
    calls: dict[str, int] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def call(self, name: str, inner: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Trace `inner` once, get the program its result from that trace, and keep the trace."""
        leaves, treedef = jax.tree_util.tree_flatten((args, kwargs))
        numeric = [index for index, leaf in enumerate(leaves) if isinstance(leaf, (jax.Array, np.ndarray))]

        def pure(*values: Any) -> Any:
            filled = list(leaves)
            for index, value in zip(numeric, values, strict=True):
                filled[index] = value
            again, options = jax.tree_util.tree_unflatten(treedef, filled)
            return inner(*again, **options)

        given = [leaves[index] for index in numeric]
        closed, shape = jax.make_jaxpr(pure, return_shape=True)(*given)
        self._keep(name, closed, jax.tree_util.tree_structure(shape), [*closed.consts, *given])
        flat = jax.core.eval_jaxpr(closed.jaxpr, closed.consts, *given)
        return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(shape), flat)

    def _keep(self, name: str, closed: Any, treedef: Any, values: list[Any]) -> None:
        """Bring the values of the wanted call to the host, then replay on a thread of its own."""
        impls = [jax.random.key_impl(value) if is_key(value) else None for value in values]
        plain = [jax.random.key_data(v) if i is not None else v for v, i in zip(values, impls, strict=True)]
        site = user_site()

        def receive(axes: Any, *arrived: Any) -> None:
            place = f"{name}@{site['line']}"
            self.calls[place] = self.calls.get(place, 0) + 1
            if self.calls[place] == self.session.settings.replay and not axes:
                arrays = [np.array(value) for value in arrived]
                job = (name, site, closed, treedef, arrays, impls)
                self.threads.append(threading.Thread(target=self._replay, args=job))
                self.threads[-1].start()

        if is_traced(plain):
            sender(receive, ())(*[jax.lax.stop_gradient(value) for value in plain])
        else:
            receive((), *plain)

    def _replay(
        self, name: str, site: dict[str, Any], closed: Any, treedef: Any, arrays: list[Any], impls: list[Any]
    ) -> None:
        header = {"kind": "replay", "name": name, "site": site}
        try:
            flat = evaluate(closed.jaxpr, arrays, impls)
        except Exception as error:
            self.session.write({**header, "error": f"{type(error).__name__}: {error}"[:300]}, [])
            return
        value, grads = jax.tree_util.tree_unflatten(treedef, flat)
        loss = value[0] if isinstance(value, tuple) else value
        leaves = [("grads", path, np.asarray(leaf)) for path, leaf in named_leaves(grads)]
        self.session.write(header, [("loss", (), np.asarray(loss)), *leaves])

    def finish(self) -> None:
        """Wait for all replays that have been started."""
        for thread in self.threads:
            thread.join()
