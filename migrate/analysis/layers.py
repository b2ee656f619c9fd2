"""The table of Linen layers that have an NNX layer of the same function, and of shared functions.

Source of the facts: flax/linen/linear.py and flax/nnx/nn/linear.py of Flax 0.12; the parameter trees
are equal and the outputs are bitwise equal in float32 and in half precision.
"""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.sizes import Shape, Size


@dataclass(frozen=True)
class LayerKind:
    """How one Linen layer is built in NNX.

    `positional` are the names of Linen's fields in their order; `kept` are the keywords that NNX
    takes under the same name; `sized` is the field that gives the last axis of the output.
    """

    target: str
    positional: tuple[str, ...]
    kept: frozenset[str]
    sized: str
    leaves: tuple[str, ...]

    def output(self, inputs: Shape, size: Size | None) -> Shape:
        """The shape of the output."""
        return inputs.with_last(size)


_DENSE = (
    "features",
    "use_bias",
    "dtype",
    "param_dtype",
    "precision",
    "kernel_init",
    "bias_init",
    "promote_dtype",
)
LAYERS: dict[str, LayerKind] = {
    "flax.linen.Dense": LayerKind(
        target="Linear",
        positional=_DENSE,
        kept=frozenset({"use_bias", "dtype", "param_dtype", "precision", "kernel_init", "bias_init"}),
        sized="features",
        leaves=("kernel", "bias"),
    ),
}

FUNCTIONS = frozenset(
    [
        "celu",
        "elu",
        "gelu",
        "glu",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "log_sigmoid",
        "log_softmax",
        "logsumexp",
        "one_hot",
        "relu",
        "selu",
        "sigmoid",
        "silu",
        "soft_sign",
        "softmax",
        "softplus",
        "standardize",
        "swish",
        "tanh",
        "relu6",
        "avg_pool",
        "max_pool",
    ]
)
INITIALIZERS = "flax.linen.initializers."


def shared(name: str) -> str | None:
    """The name below `nnx` of a function that Linen and NNX both export, or None."""
    if name.startswith(INITIALIZERS) or name == INITIALIZERS.rstrip("."):
        return name.removeprefix("flax.linen.")
    short = name.removeprefix("flax.linen.")
    return short if name.startswith("flax.linen.") and short in FUNCTIONS else None
