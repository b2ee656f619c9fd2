"""CleanRL's deep Q-learning with convolutions on noise."""

import numpy as np
from gym_stand_in import Box, Discrete, install, run_script

install(Box(0, 255, (4, 84, 84), np.uint8), Discrete(4))
run_script(
    "cleanrl/dqn_atari_jax.py",
    "--total-timesteps=26",
    "--learning-starts=8",
    "--train-frequency=1",
    "--target-network-frequency=4",
    "--batch-size=4",
)
