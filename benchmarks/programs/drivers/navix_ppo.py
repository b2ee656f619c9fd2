"""Navix's PPO in one of its own small worlds, drawn without pictures."""

from types import SimpleNamespace

import jax
import numpy as np
from distrax_stand_in import install_distrax
from driver_support import absent, module
from rlax_stand_in import install_rlax

absent(
    "chex",
    "navix.benchmarks",
    "wandb",
    "wandb.util",
    "matplotlib",
    "matplotlib.pyplot",
    "gymnax",
    "gymnasium",
)
module("PIL", Image=SimpleNamespace(open=lambda path: np.zeros((8, 8, 3), np.uint8)))
install_distrax()
install_rlax()

import navix
from navix.agents import models, ppo

environment = navix.make("Navix-Empty-5x5-v0", observation_fn=navix.observations.symbolic)
hparams = ppo.PPOHparams(budget=48, num_envs=2, num_steps=4, num_minibatches=2, num_epochs=1)
encoder = models.ConvEncoder()
network = models.ActorCritic(len(environment.action_set), encoder, encoder)
agent = ppo.PPO(hparams=hparams, network=network, env=environment)
jax.block_until_ready(jax.jit(agent.train)(jax.random.key(0)))
