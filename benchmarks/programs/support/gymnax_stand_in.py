"""A compiled environment of random numbers under the name of gymnax."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from driver_support import module


@dataclass(frozen=True)
class Discrete:
    """A choice of `n` actions."""

    n: int
    shape: tuple[int, ...] = ()
    dtype: Any = jnp.int32

    def sample(self, key: Any) -> Any:
        return jax.random.randint(key, (), 0, self.n)


@dataclass(frozen=True)
class Box:
    """Arrays of one shape between two bounds."""

    low: float
    high: float
    shape: tuple[int, ...]
    dtype: Any = jnp.float32

    def sample(self, key: Any) -> Any:
        return jax.random.uniform(key, self.shape, minval=self.low, maxval=self.high)


class State(NamedTuple):
    """The number of steps so far."""

    time: Any


@dataclass(frozen=True)
class Params:
    """What gymnax calls the parameters of an environment."""

    max_steps_in_episode: int = 4


jax.tree_util.register_static(Params)


@dataclass(frozen=True)
class Environment:
    """Observations and rewards are noise; an episode has four steps."""

    actions: Any
    observations: Box = field(default=Box(-1.0, 1.0, (3,)))
    default_params: Params = field(default=Params())
    num_actions: int = 2

    def reset(self, key: Any, params: Any = None) -> Any:
        return self.observations.sample(key), State(jnp.zeros((), jnp.int32))

    def step(self, key: Any, state: State, action: Any, params: Any = None) -> Any:
        seen, won = jax.random.split(key)
        time = state.time + 1
        done = time >= self.default_params.max_steps_in_episode
        reward = jax.random.normal(won) + 0.1 * jnp.sum(action)
        following = State(jnp.where(done, 0, time))
        return self.observations.sample(seen), following, reward, done, {}

    def action_space(self, params: Any = None) -> Any:
        return self.actions

    def observation_space(self, params: Any = None) -> Box:
        return self.observations


def install_gymnax() -> None:
    """Let the program find the spaces and the environment's type."""
    spaces = module("gymnax.environments.spaces", Discrete=Discrete, Box=Box)
    environment = module(
        "gymnax.environments.environment", Environment=Environment, EnvParams=Params, EnvState=State
    )
    environments = module("gymnax.environments", spaces=spaces, environment=environment)
    module("gymnax", environments=environments, make=lambda name, **options: SimpleNamespace())
