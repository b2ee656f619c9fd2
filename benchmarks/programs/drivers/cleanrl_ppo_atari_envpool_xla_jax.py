"""CleanRL's PPO with compiled environments of noise."""

import numpy as np
from envpool_stand_in import install_envpool
from gym_stand_in import Box, Discrete, install, run_script
from older_libraries import train_states_of_dataclasses, tree_map_at_the_top

train_states_of_dataclasses()
tree_map_at_the_top()
install(Box(0, 255, (4, 84, 84), np.uint8), Discrete(4))
install_envpool()
run_script(
    "cleanrl/ppo_atari_envpool_xla_jax.py",
    "--total-timesteps=64",
    "--num-envs=2",
    "--num-steps=4",
    "--num-minibatches=2",
    "--update-epochs=2",
)
