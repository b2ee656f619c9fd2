"""The few distributions that the programs use, under the name of distrax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from driver_support import module


@dataclass(frozen=True)
class Categorical:
    """One of several values, by logits on the last axis."""

    logits: Any

    def sample(self, seed: Any, sample_shape: Any = ()) -> Any:
        shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        return jax.random.categorical(seed, self.logits, shape=shape + self.logits.shape[:-1])

    def log_prob(self, value: Any) -> Any:
        logs = jax.nn.log_softmax(self.logits)
        return jnp.take_along_axis(logs, value[..., None].astype(jnp.int32), axis=-1)[..., 0]

    def entropy(self) -> Any:
        return -(jax.nn.softmax(self.logits) * jax.nn.log_softmax(self.logits)).sum(-1)

    def mode(self) -> Any:
        return self.logits.argmax(-1)


@dataclass(frozen=True)
class EpsilonGreedy:
    """The best of several values, or by chance any of them."""

    values: Any
    epsilon: Any

    def sample(self, seed: Any) -> Any:
        first, second = jax.random.split(seed)
        best = self.values.argmax(-1)
        other = jax.random.randint(first, best.shape, 0, self.values.shape[-1])
        return jnp.where(jax.random.uniform(second, best.shape) < self.epsilon, other, best)


@dataclass(frozen=True)
class Normal:
    """Independent normal numbers; where `joint`, the last axis is one event."""

    loc: Any
    scale_diag: Any
    joint: bool = True

    def sample(self, seed: Any) -> Any:
        return self.loc + self.scale_diag * jax.random.normal(seed, self.loc.shape)

    def log_prob(self, value: Any) -> Any:
        each = jax.scipy.stats.norm.logpdf(value, self.loc, self.scale_diag)
        return each.sum(-1) if self.joint else each

    def entropy(self) -> Any:
        scale = jnp.broadcast_to(self.scale_diag, self.loc.shape)
        each = 0.5 * jnp.log(2 * jnp.pi * jnp.e) + jnp.log(scale)
        return each.sum(-1) if self.joint else each

    def mode(self) -> Any:
        return self.loc


@dataclass(frozen=True)
class Uniform:
    """Numbers between two bounds."""

    low: float
    high: float

    def sample(self, seed: Any, sample_shape: Any = ()) -> Any:
        shape = (sample_shape,) if isinstance(sample_shape, int) else sample_shape
        return jax.random.uniform(seed, shape, minval=self.low, maxval=self.high)


for kind, fields in ((Categorical, ["logits"]), (EpsilonGreedy, ["values", "epsilon"])):
    jax.tree_util.register_dataclass(kind, data_fields=fields, meta_fields=[])
jax.tree_util.register_dataclass(Normal, data_fields=["loc", "scale_diag"], meta_fields=["joint"])


class Tanh:
    """The bijection onto (-1, 1)."""

    def forward(self, value: Any) -> Any:
        return jnp.tanh(value)

    def forward_and_log_det(self, value: Any) -> Any:
        return jnp.tanh(value), 2.0 * (jnp.log(2.0) - value - jax.nn.softplus(-2.0 * value))


def install_distrax() -> None:
    """Let the program find these distributions."""
    module(
        "distrax",
        Categorical=Categorical,
        EpsilonGreedy=EpsilonGreedy,
        MultivariateNormalDiag=Normal,
        Distribution=Categorical,
        Uniform=Uniform,
        Tanh=Tanh,
    )
