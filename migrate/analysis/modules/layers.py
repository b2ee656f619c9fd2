"""The table of Linen layers that have an NNX layer of the same function, and of shared functions.

Source of the facts: flax/linen and flax/nnx/nn of Flax 0.12, compared layer by layer: the trees of
parameters are equal, and outputs and gradients are bitwise equal with what is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from migrate.analysis.shapes.activations import OF_LINEN


@dataclass(frozen=True)
class LayerKind:
    """How one Linen layer is built in NNX.

    `positional` are the names of Linen's fields in their order; `first` is what NNX takes by position:
    a field, or `"in"` for the last axis of the input; `kept` are the keywords that NNX takes under the same
    name; `added` are keywords that Linen's defaults need; `late` may be given at the call as well, where a
    field without a value at either place is an error in Linen. `calls` are the names of Linen's arguments
    after the input, of which NNX takes those in `renamed` under another name; `before` come in front of it.
    `output` names the rule for the shape of the result. `helper` names a class that is written into the
    project where NNX has no layer of the same function.
    """

    target: str
    positional: tuple[str, ...]
    first: tuple[str, ...]
    kept: frozenset[str]
    output: str
    leaves: tuple[str, ...] = ()
    stats: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    late: frozenset[str] = frozenset()
    calls: tuple[str, ...] = ()
    only_keywords: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict, hash=False)
    draws: bool = False
    streams: bool = True
    inputs: int = 1
    optional: frozenset[str] = frozenset()
    before: tuple[str, ...] = ()
    helper: str | None = None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_DENSE = _words("features use_bias dtype param_dtype precision kernel_init bias_init promote_dtype")
_CONV = _words(
    "features kernel_size strides padding input_dilation kernel_dilation feature_group_count use_bias mask "
    "dtype param_dtype precision kernel_init bias_init promote_dtype"
)
_TRANSPOSE = _words(
    "features kernel_size strides padding kernel_dilation use_bias mask dtype param_dtype precision "
    "kernel_init bias_init transpose_kernel promote_dtype"
)
_NORM = _words("use_bias use_scale bias_init scale_init")
_AXES = _words("reduction_axes feature_axes")
_OVER = _words("axis_name axis_index_groups use_fast_variance")
_ATTENTION = _words(
    "num_heads dtype param_dtype qkv_features out_features broadcast_dropout dropout_rate deterministic "
    "precision kernel_init out_kernel_init bias_init out_bias_init use_bias attention_fn decode normalize_qk"
)
_TYPES = frozenset({"dtype", "param_dtype"})
_CELL = _words("kernel_init recurrent_kernel_init bias_init dtype param_dtype carry_init")
_MGU = _words("kernel_init recurrent_kernel_init forget_bias_init activation_bias_init dtype param_dtype "
              "carry_init reset_gate")  # fmt: skip
_OVER_WEIGHTS = _words("epsilon dtype param_dtype")
_FILTER = "variable_filter"
_RNN = _words("time_major return_carry reverse keep_order unroll")


def _cell(target: str, positional: tuple[str, ...], **more: Any) -> LayerKind:
    """A recurrent cell: it is called with its carry and its input."""
    kept = frozenset(positional) - {"features", "carry_init", "kernel_size"}
    first = ("in", "features", "kernel_size") if "kernel_size" in positional else ("in", "features")
    return LayerKind(target, positional, first, kept, "cell", before=("carry",), **more)


_ATTENTION_KIND = LayerKind(
    target="MultiHeadAttention",
    positional=_ATTENTION,
    first=("num_heads", "in"),
    kept=frozenset(_ATTENTION) - {"num_heads", "attention_fn"},
    output="attention",
    added=(("decode", "False"),),
    late=frozenset({"deterministic"}),
    calls=("inputs_k", "inputs_v", "mask", "deterministic", "dropout_rng", "sow_weights"),
    only_keywords=frozenset({"mask", "deterministic", "dropout_rng", "sow_weights"}),
    renamed={"dropout_rng": "rngs"},
    draws=True,
    inputs=3,
    optional=frozenset({"deterministic"}),
)
LAYERS: dict[str, LayerKind] = {
    "flax.linen.Dense": LayerKind(
        target="Linear",
        positional=_DENSE,
        first=("in", "features"),
        kept=frozenset(_DENSE) - {"features", "promote_dtype"},
        output="features",
        leaves=("kernel", "bias"),
    ),
    "flax.linen.DenseGeneral": LayerKind(
        target="LinearGeneral",
        positional=_words(
            "features axis batch_dims use_bias dtype param_dtype kernel_init bias_init precision"
        ),
        first=("general", "features"),
        kept=frozenset(_words("axis use_bias dtype param_dtype kernel_init bias_init precision")),
        output="general",
        leaves=("kernel", "bias"),
    ),
    "flax.linen.Einsum": LayerKind(
        target="Einsum",
        positional=_words(
            "shape einsum_str use_bias dtype param_dtype precision kernel_init bias_init promote_dtype "
            "preferred_element_type"
        ),
        first=("einsum_str", "shape", "bias_shape"),
        kept=frozenset(_words("dtype param_dtype precision kernel_init bias_init preferred_element_type")),
        output="einsum",
        leaves=("kernel", "bias"),
    ),
    "flax.linen.Conv": LayerKind(
        target="Conv",
        positional=_CONV,
        first=("in", "features", "kernel_size"),
        kept=frozenset(_CONV) - {"features", "kernel_size", "promote_dtype"},
        output="conv",
        leaves=("kernel", "bias"),
    ),
    "flax.linen.ConvLocal": LayerKind(
        target="LinenConvLocal",
        positional=_CONV,
        first=("in_shape", "features", "kernel_size"),
        kept=frozenset(_CONV) - {"features", "kernel_size", "feature_group_count", "promote_dtype"},
        output="conv",
        leaves=("kernel", "bias"),
        helper="LinenConvLocal",
    ),
    "flax.linen.ConvTranspose": LayerKind(
        target="ConvTranspose",
        positional=_TRANSPOSE,
        first=("in", "features", "kernel_size"),
        kept=frozenset(_TRANSPOSE) - {"features", "kernel_size", "promote_dtype"},
        output="transpose",
        leaves=("kernel", "bias"),
    ),
    "flax.linen.Embed": LayerKind(
        target="Embed",
        positional=_words("num_embeddings features dtype param_dtype embedding_init"),
        first=("num_embeddings", "features"),
        kept=_TYPES | {"embedding_init"},
        output="embed",
        leaves=("embedding",),
    ),
    "flax.linen.LayerNorm": LayerKind(
        target="LayerNorm",
        positional=("epsilon", "dtype", "param_dtype", *_NORM, "reduction_axes", "feature_axes", *_OVER),
        first=("in",),
        kept=frozenset({"epsilon", *_TYPES, *_NORM, *_AXES, *_OVER}),
        output="same",
        leaves=("scale", "bias"),
        calls=("mask",),
        only_keywords=frozenset({"mask"}),
    ),
    "flax.linen.RMSNorm": LayerKind(
        target="RMSNorm",
        positional=_words("epsilon dtype param_dtype use_scale scale_init reduction_axes feature_axes"),
        first=("in",),
        kept=frozenset({"epsilon", *_TYPES, "use_scale", "scale_init", *_AXES, *_OVER}),
        output="same",
        leaves=("scale",),
        calls=("mask",),
        only_keywords=frozenset({"mask"}),
    ),
    "flax.linen.GroupNorm": LayerKind(
        target="GroupNorm",
        positional=("num_groups", "group_size", "epsilon", "dtype", "param_dtype", *_NORM, "reduction_axes"),
        first=("in",),
        kept=frozenset({"num_groups", "group_size", "epsilon", *_TYPES, *_NORM, *_OVER}),
        output="same",
        leaves=("scale", "bias"),
        calls=("mask",),
        only_keywords=frozenset({"mask"}),
    ),
    "flax.linen.BatchNorm": LayerKind(
        target="BatchNorm",
        positional=(
            *("use_running_average", "axis", "momentum", "epsilon", "dtype", "param_dtype"),
            *_NORM,
        ),
        first=("in",),
        kept=frozenset({"use_running_average", "axis", "momentum", "epsilon", *_TYPES, *_NORM, *_OVER}),
        output="same",
        leaves=("scale", "bias"),
        stats=("mean", "var"),
        late=frozenset({"use_running_average"}),
        calls=("use_running_average", "mask"),
        only_keywords=frozenset({"mask"}),
    ),
    "flax.linen.Dropout": LayerKind(
        target="Dropout",
        positional=("rate", "broadcast_dims", "deterministic", "rng_collection"),
        first=("rate",),
        kept=frozenset({"broadcast_dims", "deterministic", "rng_collection"}),
        output="same",
        late=frozenset({"deterministic"}),
        calls=("deterministic", "rng"),
        only_keywords=frozenset({"deterministic", "rng"}),
        renamed={"rng": "rngs"},
        draws=True,
        streams=False,
    ),
    "flax.linen.PReLU": LayerKind(
        target="PReLU",
        positional=("param_dtype", "negative_slope_init"),
        first=(),
        kept=frozenset({"param_dtype", "negative_slope_init"}),
        output="same",
        leaves=("negative_slope",),
        streams=False,
    ),
    "flax.linen.InstanceNorm": LayerKind(
        target="InstanceNorm",
        positional=("epsilon", "dtype", "param_dtype", *_NORM, "feature_axes", *_OVER),
        first=("in",),
        kept=frozenset({"epsilon", *_TYPES, *_NORM, "feature_axes", *_OVER}),
        output="same",
        leaves=("scale", "bias"),
        calls=("mask",),
        only_keywords=frozenset({"mask"}),
    ),
    "flax.linen.LSTMCell": _cell("LSTMCell", ("features", "gate_fn", "activation_fn", *_CELL)),
    "flax.linen.OptimizedLSTMCell": _cell(
        "OptimizedLSTMCell", ("features", "gate_fn", "activation_fn", *_CELL)
    ),
    "flax.linen.SimpleCell": _cell(
        "SimpleCell", ("features", "activation_fn", *_CELL, "residual"), added=(("dtype", "None"),)
    ),
    "flax.linen.GRUCell": _cell(
        "LinenGRUCell", ("features", "gate_fn", "activation_fn", *_CELL), helper="LinenGRUCell"
    ),
    "flax.linen.MGUCell": _cell(
        "LinenMGUCell", ("features", "gate_fn", "activation_fn", *_MGU), helper="LinenMGUCell"
    ),
    "flax.linen.ConvLSTMCell": _cell(
        "LinenConvLSTMCell",
        _words("features kernel_size strides padding use_bias dtype param_dtype carry_init"),
        helper="LinenConvLSTMCell",
    ),
    "flax.linen.RNN": LayerKind(
        target="RNN",
        positional=("cell", *_RNN, "variable_axes", "variable_broadcast", "variable_carry", "split_rngs"),
        first=("cell",),
        kept=frozenset(_RNN),
        output="wrapper",
        calls=_words("initial_carry seq_lengths return_carry time_major reverse keep_order"),
        only_keywords=frozenset(
            _words("initial_carry seq_lengths return_carry time_major reverse keep_order")
        ),
        streams=False,
    ),
    "flax.linen.Bidirectional": LayerKind(
        target="Bidirectional",
        positional=_words("forward_rnn backward_rnn merge_fn time_major return_carry"),
        first=("forward_rnn", "backward_rnn"),
        kept=frozenset(_words("merge_fn time_major return_carry")),
        output="wrapper",
        calls=_words("initial_carry seq_lengths return_carry time_major"),
        only_keywords=frozenset(_words("initial_carry seq_lengths return_carry time_major")),
        streams=False,
    ),
    "flax.linen.WeightNorm": LayerKind(
        target="LinenWeightNorm",
        positional=("layer_instance", *_OVER_WEIGHTS, "use_scale", "scale_init", "feature_axes", _FILTER),
        first=("layer_instance",),
        kept=frozenset({*_OVER_WEIGHTS, "use_scale", "scale_init", "feature_axes", _FILTER}),
        output="weights",
        leaves=("scale",),
        helper="LinenWeightNorm",
    ),
    "flax.linen.SpectralNorm": LayerKind(
        target="LinenSpectralNorm",
        positional=("layer_instance", "n_steps", *_OVER_WEIGHTS, "error_on_non_matrix", "collection_name"),
        first=("layer_instance",),
        kept=frozenset({"n_steps", *_OVER_WEIGHTS, "error_on_non_matrix"}),
        output="weights",
        stats=("u", "sigma"),
        calls=("update_stats",),
        only_keywords=frozenset({"update_stats"}),
        helper="LinenSpectralNorm",
    ),
    "flax.linen.SelfAttention": _ATTENTION_KIND,
    "flax.linen.MultiHeadDotProductAttention": _ATTENTION_KIND,
    "flax.linen.MultiHeadAttention": _ATTENTION_KIND,
}
NORMS = frozenset(
    f"flax.linen.{name}" for name in ("LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm", "InstanceNorm")
)
STATELESS = frozenset({"flax.linen.Dropout"})
"""Layers that keep nothing, so that it does not matter whether they are there."""
WRAPPERS = {"flax.linen.RNN": ("cell",), "flax.linen.Bidirectional": ("forward_rnn", "backward_rnn")}
"""Layers that call other layers, which they are given: those belong to the module around in Linen."""

OVER_WEIGHTS = frozenset({"flax.linen.WeightNorm", "flax.linen.SpectralNorm"})
"""Norms of the weights of a layer that they are given, which belongs to the module around."""

REFUSED = {
    "BatchApply": "`linen.BatchApply` has no counterpart in NNX: reshape before and after the layer",
}
"""Layers for which there is no way yet, with the reason."""

SELF_CALLS = ("mask", "deterministic", "dropout_rng", "sow_weights")
"""The arguments of `SelfAttention` after its input, which may all be given by position."""

FUNCTIONS = OF_LINEN | {
    "avg_pool",
    "combine_masks",
    "glu",
    "log_softmax",
    "logsumexp",
    "make_attention_mask",
    "make_causal_mask",
    "max_pool",
    "min_pool",
    "one_hot",
    "pool",
    "softmax",
    "standardize",
}
ELSEWHERE = {
    "dot_product_attention_weights": "nn.attention.dot_product_attention_weights",
    "normalize": "standardize",
    **{name: f"initializers.{name}" for name in ("zeros", "ones", "zeros_init", "ones_init")},
}
"""Functions that stand in a module of `nnx`."""

ATTENTION_OPTIONS = frozenset({"module", "force_fp32_for_softmax", "einsum_dot_general", "einsum"})
"""What `dot_product_attention_weights` of NNX does not take, or uses in another way."""

INITIALIZERS = "flax.linen.initializers."


def shared(name: str) -> str | None:
    """The name below `nnx` of a function that Linen and NNX both export, or None."""
    if name.startswith(INITIALIZERS) or name == INITIALIZERS.rstrip("."):
        return name.removeprefix("flax.linen.")
    short = name.removeprefix("flax.linen.")
    if name.startswith("flax.linen.") and short in ELSEWHERE:
        return ELSEWHERE[short]
    return short if name.startswith("flax.linen.") and short in FUNCTIONS else None
