"""Environments of random numbers under the names of gym, gymnasium and Stable-Baselines3."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from driver_support import Examples, absent, module

SEED = 5


class Discrete:
    """A choice of `n` actions."""

    shape: tuple[int, ...] = ()
    dtype: Any = np.int64

    def __init__(self, n: int) -> None:
        self.n = n
        self.random = np.random.default_rng(SEED)

    def sample(self) -> Any:
        return self.random.integers(self.n)


class Box:
    """Arrays of one shape between two bounds."""

    def __init__(self, low: float, high: float, shape: tuple[int, ...], dtype: Any = np.float32) -> None:
        self.low = np.full(shape, low, dtype)
        self.high = np.full(shape, high, dtype)
        self.shape = shape
        self.dtype = dtype
        self.random = np.random.default_rng(SEED)

    def sample(self) -> Any:
        return self.random.uniform(self.low, self.high).astype(self.dtype)


class Environments:
    """One environment in a batch: observations and rewards are noise, every fourth step ends an episode.

    `old` is the interface of gym, in which `reset` gives no information and `step` one flag.
    """

    num_envs = 1

    def __init__(self, observations: Box, actions: Discrete | Box, old: bool) -> None:
        self.single_observation_space = observations
        self.single_action_space = actions
        if isinstance(actions, Box):
            self.action_space = Box(actions.low.min(), actions.high.max(), (1, *actions.shape))
        self.old = old
        self.steps = 0
        self.random = np.random.default_rng(SEED)

    def reset(self, seed: int | None = None) -> Any:
        return self._observation() if self.old else (self._observation(), {})

    def step(self, actions: Any) -> Any:
        self.steps += 1
        over = np.array([self.steps % 4 == 0])
        rewards = self.random.normal(size=1).astype(np.float32)
        last = self._observation()[0]
        if self.old:
            return self._observation(), rewards, over, [{"terminal_observation": last}]
        return self._observation(), rewards, over, np.array([False]), {}

    def close(self) -> None:
        return None

    def _observation(self) -> Any:
        space = self.single_observation_space
        return self.random.uniform(space.low, space.high)[None].astype(space.dtype)


class ReplayBuffer:
    """All transitions, sampled evenly."""

    def __init__(self, size: int, *spaces: Any, **options: Any) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.random = np.random.default_rng(SEED)

    def add(self, obs: Any, following: Any, actions: Any, rewards: Any, dones: Any, infos: Any) -> None:
        floats = (np.float32(rewards), np.float32(dones))
        self.rows.append((obs[0], following[0], np.atleast_1d(actions[0]), *floats))

    def sample(self, count: int, env: Any = None) -> SimpleNamespace:
        chosen = [self.rows[index] for index in self.random.integers(len(self.rows), size=count)]
        names = ("observations", "next_observations", "actions", "rewards", "dones")
        columns = zip(names, zip(*chosen, strict=True), strict=True)
        arrays = {name: Examples(np.stack(column)) for name, column in columns}
        return SimpleNamespace(**arrays, discounts=None)


def install(observations: Box, actions: Discrete | Box) -> None:
    """Let the program find one environment with these spaces whatever it asks for."""
    others = {name: type(name, (), {}) for name in ("Space", "Dict", "MultiDiscrete", "MultiBinary")}
    spaces = SimpleNamespace(Discrete=Discrete, Box=Box, **others)
    for name in ("gym", "gymnasium"):

        def vector(thunks: Any, old: bool = name == "gym") -> Environments:
            return Environments(observations, actions, old)

        module(name, spaces=spaces, vector=SimpleNamespace(SyncVectorEnv=vector))
    module("stable_baselines3", __version__="2.0")
    absent("stable_baselines3.common", "stable_baselines3.common.atari_wrappers")
    module("stable_baselines3.common.buffers", ReplayBuffer=ReplayBuffer)
    absent("torch", "torch.utils", "torch.utils.tensorboard", "distutils", "distutils.util")


def run_script(path: str, *arguments: str) -> None:
    """Run a script of the project, given from its root, as `python path arguments` would."""
    root = Path(__file__).parent
    sys.argv = [path, *arguments]
    runpy.run_path(str(root / path), run_name="__main__")
