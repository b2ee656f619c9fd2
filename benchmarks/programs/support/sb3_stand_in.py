"""The algorithms that Stable-Baselines3 gives others to build on, with an environment of noise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
from distrax_stand_in import Categorical, Normal, Tanh
from driver_support import Absent, module
from gym_stand_in import Box, Discrete, Environments, ReplayBuffer, install

EDGE = 1.0 - 1e-6


class BasePolicy:
    """What a policy keeps of its arguments, and actions on the scale of their space."""

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *extractor: Any,
        optimizer_kwargs: Any = None,
        squash_output: bool = False,
        **settings: Any,
    ) -> None:
        self.observation_space = observation_space
        self.action_space = action_space
        self.optimizer_kwargs = optimizer_kwargs or {}
        self.squash_output = squash_output
        self.__dict__.update(settings)

    def unscale_action(self, action: Any) -> Any:
        low, high = self.action_space.low, self.action_space.high
        return low + 0.5 * (action + 1.0) * (high - low)


class OffPolicyAlgorithm:
    """One environment step and one call of `train` after the other."""

    policy_aliases: dict[str, type]
    replay_buffer: ReplayBuffer

    def __init__(self, policy: str, env: Environments, **settings: Any) -> None:
        self.__dict__.update(settings)
        self.policy_class = self.policy_aliases[policy]
        self.env = env
        self.observation_space = env.single_observation_space
        self.action_space = env.single_action_space
        self.policy_kwargs = settings.get("policy_kwargs") or {}
        self.replay_buffer_kwargs: dict[str, Any] = {}
        self.n_envs = 1
        self.num_timesteps = 0
        self._n_updates = 0
        self._total_timesteps = 0
        self._current_progress_remaining = 1.0
        self._vec_normalize_env = None
        self.logger = Absent("logger")

    def _setup_lr_schedule(self) -> None:
        rate = self.__dict__["learning_rate"]
        self.lr_schedule = lambda progress: rate

    def _convert_train_freq(self) -> None:
        return None

    def set_random_seed(self, seed: Any) -> None:
        return None

    def _on_step(self) -> None:
        return None

    def _excluded_save_params(self) -> list[str]:
        return ["policy"]

    def train(self, gradient_steps: int, batch_size: int) -> None:
        raise NotImplementedError

    def learn(self, total_timesteps: int, **options: Any) -> Any:
        settings = self.__dict__
        seen, _ = self.env.reset()
        for self.num_timesteps in range(1, total_timesteps + 1):
            warming_up = self.num_timesteps <= settings["learning_starts"]
            action = (
                self.env.single_action_space.sample()
                if warming_up
                else settings["policy"].predict(seen)[0][0]
            )
            following, reward, done, _, info = self.env.step(action)
            self.replay_buffer.add(seen, following, np.asarray(action)[None], reward, done, info)
            seen = following
            self._on_step()
            if not warming_up:
                self.train(gradient_steps=settings["gradient_steps"], batch_size=settings["batch_size"])
        return self


class TransformedDistribution:
    """A normal distribution seen through a bijection onto (-1, 1)."""

    def __init__(self, distribution: Normal, bijector: Tanh, validate_args: bool = False) -> None:
        self.distribution = distribution
        self.bijector = bijector

    def sample(self, seed: Any) -> Any:
        return self.bijector.forward(self.distribution.sample(seed))

    def log_prob(self, value: Any) -> Any:
        inner = jnp.arctanh(jnp.clip(value, -EDGE, EDGE))
        return self.distribution.log_prob(inner) - self.bijector.forward_and_log_det(inner)[1].sum(-1)


def install_sb3(actions: Discrete | Box) -> Environments:
    """Let the program find these classes, and return an environment with these actions."""
    observations = Box(-1.0, 1.0, (4,))
    install(observations, actions)
    schedule = SimpleNamespace
    names: dict[str, dict[str, Any]] = {
        "buffers": {
            "ReplayBuffer": ReplayBuffer,
            "DictReplayBuffer": type("DictReplayBuffer", (ReplayBuffer,), {}),
            "NStepReplayBuffer": type("NStepReplayBuffer", (ReplayBuffer,), {}),
            "RolloutBuffer": schedule,
        },
        "callbacks": {"BaseCallback": schedule},
        "noise": {"ActionNoise": schedule},
        "off_policy_algorithm": {"OffPolicyAlgorithm": OffPolicyAlgorithm},
        "on_policy_algorithm": {"OnPolicyAlgorithm": OffPolicyAlgorithm},
        "policies": {"BasePolicy": BasePolicy},
        "preprocessing": {"is_image_space": lambda space: False, "maybe_transpose": lambda seen, space: seen},
        "type_aliases": {"GymEnv": schedule, "MaybeCallback": schedule, "Schedule": schedule},
        "utils": {
            "get_device": lambda name: name,
            "is_vectorized_observation": lambda seen, space: seen.ndim > len(space.shape),
            "LinearSchedule": lambda start, end, fraction: lambda progress: start,
            "FloatSchedule": lambda value: lambda progress: value,
            "explained_variance": lambda predicted, true: 0.0,
        },
        "vec_env": {"VecEnv": schedule},
    }
    module("stable_baselines3", HerReplayBuffer=type("HerReplayBuffer", (ReplayBuffer,), {}))
    module("stable_baselines3.common")
    for name, members in names.items():
        module(f"stable_baselines3.common.{name}", **members)
    _install_distributions()
    return Environments(observations, actions, old=False)


def _install_distributions() -> None:
    distributions = SimpleNamespace(
        TransformedDistribution=TransformedDistribution,
        MultivariateNormalDiag=Normal,
        Distribution=Normal,
        Categorical=Categorical,
        Independent=Normal,
    )
    module("tensorflow_probability")
    module("tensorflow_probability.substrates")
    bijectors = SimpleNamespace(Tanh=Tanh)
    module("tensorflow_probability.substrates.jax", distributions=distributions, bijectors=bijectors)
