"""Single-step isolation: modules of the NNX program are given, and hand on, what their partners did."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import jax
import numpy as np

from . import wire
from .context import user_stack
from .session import Session
from .trees import is_key, is_traced
from .wire import Array

Call = tuple[str, int, int, bool]
Side = tuple[Call, str]


class Isolation:
    """Inputs and outputs of the Linen run by module call, put into the wanted call of each.

    What a module computes from its inputs is recorded before its output is replaced. Gradients pass.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        source = session.settings.references
        self.values: dict[Side, list[Array]] = {}
        self.indices: dict[Call, int] = {}
        self.counts: dict[Side, int] = {}
        for record in wire.records(File(source)) if source else ():
            header = record.header
            call = header["path"], header["occurrence"], header["origin"], header["training"]
            self.indices[call] = header["index"]
            self.values |= {(call, side): list(record.group(side).values()) for side in ("in", "out")}

    def call(self, path: str) -> Call:
        """The name of the call of a module that is about to start."""
        context = self.session.context
        occurrence = context.seen.get((path, "layer"), 0) + 1
        origin = context.origin(user_stack(), (path, "layer", occurrence))
        return path, occurrence, origin, context.inside("grad")

    def replaced(self, call: Call, side: str, tree: Any) -> Any:
        """A tree of arguments or results with its arrays replaced, where they fit."""
        wanted = self.values.get((call, side), [])
        leaves, treedef = jax.tree_util.tree_flatten(tree)
        places = [at for at, leaf in enumerate(leaves) if hasattr(leaf, "shape") and not is_key(leaf)]
        if not wanted or not _fits([leaves[at] for at in places], wanted):
            return tree
        values = self._fetched((call, side), [leaves[at] for at in places], wanted)
        for at, value in zip(places, values, strict=True):
            leaves[at] = value
        return jax.tree_util.tree_unflatten(treedef, leaves)

    def _fetched(self, side: Side, own: list[Any], wanted: list[Array]) -> list[Any]:
        def pick(*values: Any) -> list[Array]:
            count = self.counts[side] = self.counts.get(side, 0) + 1
            arrays = [np.asarray(value) for value in values]
            if count != self.indices[side[0]] + 1:
                return arrays
            pairs = zip(wanted, arrays, strict=True)
            return [np.broadcast_to(new, old.shape).astype(old.dtype) for new, old in pairs]

        if not is_traced(own):
            return [jax.numpy.asarray(array) for array in pick(*own)]
        specs = [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in own]

        def fetch(*values: Any) -> Any:
            return tuple(jax.pure_callback(pick, specs, *values, vmap_method="broadcast_all"))

        through: Any = jax.custom_jvp(fetch)
        through.defjvp(lambda primals, tangents: (through(*primals), tuple(tangents)))
        return list(through(*own))


def _fits(own: list[Any], wanted: list[Array]) -> bool:
    """Whether the arrays have the same shapes, mapped axes in front left out."""
    return len(own) == len(wanted) and all(
        value.shape == array.shape[array.ndim - value.ndim :]
        for value, array in zip(own, wanted, strict=True)
    )
