"""Rejax's PQN on noise."""

import jax
from distrax_stand_in import install_distrax
from driver_support import absent
from gymnax_stand_in import Discrete, Environment, install_gymnax

absent("chex")
install_distrax()
install_gymnax()

import rejax

algorithm = rejax.get_algo("pqn").create(
    env=Environment(Discrete(2)),
    total_timesteps=40,
    eval_freq=40,
    num_envs=2,
    num_steps=4,
    num_minibatches=2,
    num_epochs=2,
    skip_initial_evaluation=True,
)
jax.block_until_ready(algorithm.train(jax.random.key(0)))
