"""Compiled Atari environments of random numbers under the name of envpool."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from driver_support import module
from gym_stand_in import Box, Discrete

SEED = 5


class Environments:
    """Batched environments whose state is a random key."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.action_space = Discrete(4)
        self.observation_space = Box(0, 255, (4, 84, 84), np.uint8)

    def xla(self) -> tuple[Any, ...]:
        return jax.random.key(SEED), None, None, self._step

    def reset(self) -> Any:
        return self._observation(jax.random.key(SEED + 1))

    def close(self) -> None:
        return None

    def _step(self, key: Any, action: Any) -> Any:
        key, seen, won, ended = jax.random.split(key, 4)
        reward = jax.random.normal(won, (self.count,))
        done = jax.random.bernoulli(ended, 0.25, (self.count,))
        info = {
            "reward": reward,
            "terminated": done.astype(jnp.int32),
            "TimeLimit.truncated": jnp.zeros(self.count, jnp.int32),
        }
        return key, (self._observation(seen), reward, done, info)

    def _observation(self, key: Any) -> Any:
        return jax.random.randint(key, (self.count, 4, 84, 84), 0, 256).astype(jnp.uint8)


def install_envpool() -> None:
    """Let the program find these environments whatever it asks for."""
    module("envpool", make=lambda name, num_envs, **options: Environments(num_envs))
