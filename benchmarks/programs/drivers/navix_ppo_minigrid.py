"""Navix's PureJaxRL script in one of its own small worlds, drawn without pictures."""

import pdb
import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
from distrax_stand_in import install_distrax
from driver_support import absent, module
from gymnax_stand_in import install_gymnax
from rlax_stand_in import install_rlax

absent("chex", "navix.benchmarks", "wandb", "wandb.util", "matplotlib", "matplotlib.pyplot", "gymnasium")
module("PIL", Image=SimpleNamespace(open=lambda path: np.zeros((8, 8, 3), np.uint8)))
install_distrax()
install_rlax()
install_gymnax()

from gymnax.environments import spaces

spaces.Discrete = lambda num_categories: SimpleNamespace(n=num_categories)
pdb.set_trace = lambda: None
sys.path.insert(0, str(Path(__file__).parent / "examples" / "purejaxrl"))

import ppo_minigrid

config = {
    "LR": 2.5e-4,
    "NUM_ENVS": 2,
    "NUM_STEPS": 4,
    "TOTAL_TIMESTEPS": 24,
    "UPDATE_EPOCHS": 2,
    "NUM_MINIBATCHES": 2,
    "GAMMA": 0.99,
    "GAE_LAMBDA": 0.95,
    "CLIP_EPS": 0.2,
    "ENT_COEF": 0.01,
    "VF_COEF": 0.5,
    "MAX_GRAD_NORM": 0.5,
    "ACTIVATION": "tanh",
    "ENV_NAME": "Navix-Empty-5x5-v0",
    "ANNEAL_LR": True,
    "DEBUG": False,
}
jax.block_until_ready(jax.jit(ppo_minigrid.make_train(config))(jax.random.key(0))["metrics"])
