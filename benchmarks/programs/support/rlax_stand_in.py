"""The few functions that the programs use, under the name of rlax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from driver_support import module


def truncated_generalized_advantage_estimation(
    rewards: Any, discounts: Any, lambda_: Any, values: Any, stop_target_gradients: bool = False
) -> Any:
    """Advantages of one trajectory of `t` rewards and `t + 1` values."""
    deltas = rewards + discounts * values[1:] - values[:-1]

    def step(after: Any, now: Any) -> Any:
        delta, discount = now
        advantage = delta + discount * lambda_ * after
        return advantage, advantage

    _, found = jax.lax.scan(step, jnp.zeros_like(deltas[0]), (deltas, discounts), reverse=True)
    return jax.lax.stop_gradient(found) if stop_target_gradients else found


def lambda_returns(rewards: Any, discounts: Any, values: Any, lambda_: Any = 1.0) -> Any:
    """Returns of one trajectory that mix the values of the next steps by `lambda_`."""

    def step(after: Any, now: Any) -> Any:
        reward, discount, value = now
        mixed = reward + discount * ((1 - lambda_) * value + lambda_ * after)
        return mixed, mixed

    return jax.lax.scan(step, values[-1], (rewards, discounts, values), reverse=True)[1]


def batched_index(values: Any, indices: Any) -> Any:
    """The value at each index of the last axis."""
    return jnp.take_along_axis(values, indices[..., None], axis=-1)[..., 0]


def l2_loss(predicted: Any, target: Any) -> Any:
    """Half the squared difference."""
    return 0.5 * (predicted - target) ** 2


def install_rlax() -> None:
    """Let the program find these functions."""
    module(
        "rlax",
        truncated_generalized_advantage_estimation=truncated_generalized_advantage_estimation,
        lambda_returns=lambda_returns,
        batched_index=batched_index,
        l2_loss=l2_loss,
    )
