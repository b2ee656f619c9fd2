"""Rejax's SAC on noise."""

import jax
from distrax_stand_in import install_distrax
from driver_support import absent
from gymnax_stand_in import Box, Environment, install_gymnax

absent("chex")
install_distrax()
install_gymnax()

import rejax

algorithm = rejax.get_algo("sac").create(
    env=Environment(Box(-1.0, 1.0, (2,))),
    total_timesteps=48,
    eval_freq=48,
    num_envs=2,
    buffer_size=64,
    fill_buffer=8,
    batch_size=4,
    skip_initial_evaluation=True,
)
jax.block_until_ready(algorithm.train(jax.random.key(0)))
