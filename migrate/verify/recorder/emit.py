"""Getting values to the host, from eager code and from inside compiled, scanned or mapped code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from .session import Session
from .trees import Path, is_traced, named_leaves
from .wire import Array

Names = list[tuple[str, Path]]


def emit(session: Session, header: Mapping[str, Any], trees: Mapping[str, Any]) -> None:
    """Write one event holding the leaves of `trees`, now or whenever the traced code runs."""
    emit_leaves(session, header, {group: named_leaves(tree) for group, tree in trees.items()})


def emit_leaves(
    session: Session, header: Mapping[str, Any], groups: Mapping[str, list[tuple[Path, Any]]]
) -> None:
    """Write one event from leaves that already have their names."""
    named = [(group, path, leaf) for group, found in groups.items() for path, leaf in found]
    names = [(group, path) for group, path, _ in named]
    leaves = [leaf for _, _, leaf in named]

    def receive(axes: tuple[tuple[bool, ...], ...], *values: Any) -> None:
        _write(session, header, names, axes, values)

    if not is_traced(leaves):
        receive((), *leaves)
        return
    stopped = [jax.lax.stop_gradient(jnp.asarray(leaf)) for leaf in leaves]
    sender(receive, ())(*stopped)


def sender(receive: Callable[..., None], axes: tuple[tuple[bool, ...], ...]) -> Callable[..., Any]:
    """A function that ships its arguments in one callback, whole batches under `vmap` included.

    `axes` says, for each enclosing `vmap`, which of the arguments carry its axis in front.
    """

    def ship(*values: Any) -> tuple[()]:
        jax.debug.callback(lambda *arrived: receive(axes, *arrived), *values)
        return ()

    def batched(axis_size: int, in_batched: Any, *values: Any) -> tuple[tuple[()], tuple[()]]:
        flags = tuple(bool(flag) for flag in in_batched)
        sender(receive, (*axes, flags))(*values)
        return (), ()

    send: Any = jax.custom_batching.custom_vmap(ship)
    send.def_vmap(batched)
    return cast(Callable[..., Any], send)


def _write(
    session: Session, header: Mapping[str, Any], names: Names, axes: tuple[tuple[bool, ...], ...], values: Any
) -> None:
    arrays = with_lanes([np.asarray(value) for value in values], axes)
    leaves = [(group, path, array) for (group, path), array in zip(names, arrays, strict=True)]
    session.write({**header, "lanes": len(axes)}, leaves)


def with_lanes(arrays: list[Array], axes: tuple[tuple[bool, ...], ...]) -> list[Array]:
    """Give every array all the mapped axes in front, the outermost first."""
    for level, flags in enumerate(axes):
        sizes = [a.shape[_lane_axis(axes, level, i)] for i, a in enumerate(arrays) if flags[i]]
        for index, mapped in enumerate(flags):
            if not mapped:
                axis = _lane_axis(axes, level, index)
                wide = np.expand_dims(arrays[index], axis)
                arrays[index] = np.repeat(wide, sizes[0], axis)
    return arrays


def _lane_axis(axes: tuple[tuple[bool, ...], ...], level: int, index: int) -> int:
    """Where the axis of one level lies in one array: behind the axes of the levels outside it."""
    return sum(flags[index] for flags in axes[level + 1 :])
