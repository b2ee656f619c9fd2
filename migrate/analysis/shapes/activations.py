"""The activation functions of the libraries: each gives every element of an array a value."""

from __future__ import annotations

from migrate.analysis.kinds import Symbol, Value

PREFIXES = ("flax.linen.", "jax.nn.", "jax.numpy.")
OF_LINEN = frozenset(
    [
        "celu",
        "elu",
        "gelu",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "log_sigmoid",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "soft_sign",
        "softplus",
        "swish",
        "tanh",
    ]
)
"""The activation functions that Linen has under names of its own."""
ACTIVATIONS = OF_LINEN | {"cos", "exp", "sin"}


def is_activation(value: Value) -> bool:
    """Whether the value is one of them, under any of its names."""
    prefix, _, short = value.name.rpartition(".") if isinstance(value, Symbol) else ("", "", "")
    return short in ACTIVATIONS and f"{prefix}." in PREFIXES
