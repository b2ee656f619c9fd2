"""What newer versions of JAX and Flax have dropped and older programs still use."""

from __future__ import annotations

from typing import Any

import flax
import jax
import jax.numpy as jnp


def clip_with_old_names() -> None:
    """Let `jnp.clip` take `a_min` and `a_max` again."""
    clip = jnp.clip

    def clipped(array: Any, min: Any = None, max: Any = None, a_min: Any = None, a_max: Any = None) -> Any:
        return clip(array, a_min if min is None else min, a_max if max is None else max)

    jnp.clip = clipped  # type: ignore[assignment]


def tree_map_at_the_top() -> None:
    """Let `jax.tree_map` be `jax.tree.map` again."""
    jax.tree_map = jax.tree.map


def train_states_of_dataclasses() -> None:
    """Let parameters be a dataclass again: a new train state looks for a name in them."""
    dataclass = flax.struct.dataclass

    def searchable(cls: type) -> Any:
        made: Any = dataclass(cls)
        made.__contains__ = lambda self, name: False
        return made

    flax.struct.dataclass = searchable
