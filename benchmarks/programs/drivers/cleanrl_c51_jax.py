"""CleanRL's categorical deep Q-learning on noise."""

from gym_stand_in import Box, Discrete, install, run_script
from older_libraries import clip_with_old_names

clip_with_old_names()
install(Box(-1.0, 1.0, (4,)), Discrete(2))
run_script(
    "cleanrl/c51_jax.py",
    "--total-timesteps=30",
    "--learning-starts=8",
    "--train-frequency=1",
    "--target-network-frequency=4",
    "--batch-size=8",
    "--n-atoms=11",
)
