"""CleanRL's DDPG on noise."""

from gym_stand_in import Box, install, run_script

install(Box(-1.0, 1.0, (6,)), Box(-2.0, 2.0, (3,)))
run_script(
    "cleanrl/ddpg_continuous_action_jax.py",
    "--total-timesteps=40",
    "--learning-starts=8",
    "--policy-frequency=2",
    "--batch-size=8",
    "--tau=0.05",
)
