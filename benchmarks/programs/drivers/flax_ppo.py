"""Flax's PPO example on an environment that shows noise and rewards by chance."""

import numpy as np
from driver_support import Config, absent, module

absent("ml_collections", "flax.metrics.tensorboard")
ACTIONS = 4


class Environment:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.left = 0

    def observation(self):
        return self.random.integers(0, 256, (84, 84, 4)).astype(np.uint8)

    def reset(self):
        self.left = 3
        return self.observation()

    def step(self, action):
        self.left -= 1
        return self.observation(), float(self.random.integers(0, 2)), self.left == 0, {}


class Connection:
    """The two messages a step that the example's own process would send."""

    def __init__(self, seed):
        self.environment = Environment(seed)
        self.state = self.environment.reset()[None]
        self.answer = None

    def send(self, action):
        state, reward, done, _ = self.environment.step(action)
        self.answer = (self.state, action, reward, done)
        self.state = (self.environment.reset() if done else state)[None]

    def recv(self):
        answer, self.answer = self.answer, None
        return self.state if answer is None else answer


class Simulator:
    def __init__(self, game):
        self.conn = Connection(7)


module("env_utils", create_env=lambda game, clip_rewards: Environment(3))

import agent
import models
import ppo_lib

agent.RemoteSimulator = Simulator
np.random.seed(0)
config = Config(
    game="Noise",
    total_frames=24,
    learning_rate=2.5e-4,
    batch_size=4,
    num_agents=2,
    actor_steps=4,
    num_epochs=3,
    gamma=0.99,
    lambda_=0.95,
    clip_param=0.1,
    vf_coeff=0.5,
    entropy_coeff=0.01,
    decaying_lr_and_clip_param=True,
)
ppo_lib.train(models.ActorCritic(num_outputs=ACTIONS), config, "no_checkpoints_here")
