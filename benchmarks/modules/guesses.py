"""Small values for the fields of a module and the inputs of a call, guessed by name and annotation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

SIZES: dict[str, Any] = {
    "act": nn.relu,
    "act_fn": nn.relu,
    "activation": nn.relu,
    "attention_dropout": 0.0,
    "block_size": 8,
    "block_out_channels": (4, 8),
    "cardinality": 1,
    "channels": 8,
    "decoder_layers": 2,
    "depth": 2,
    "dim": 8,
    "dim_head": 4,
    "dropout": 0.0,
    "dropout_rate": 0.0,
    "dtype": jnp.float32,
    "emb_dim": 8,
    "embed_dim": 8,
    "encoder_layers": 2,
    "features": 8,
    "filters": 8,
    "groups": 2,
    "head_dim": 4,
    "heads": 2,
    "hidden_act": "gelu",
    "hidden_dim": 8,
    "hidden_size": 8,
    "in_channels": 8,
    "initializer_range": 0.1,
    "intermediate_size": 16,
    "kernel_init": nn.initializers.lecun_normal(),
    "kernel_size": (3, 3),
    "latents": 4,
    "layer_norm_eps": 1e-6,
    "max_len": 16,
    "max_position_embeddings": 16,
    "mlp_dim": 8,
    "n_heads": 2,
    "n_layers": 2,
    "norm_num_groups": 2,
    "num_classes": 3,
    "num_embeddings": 12,
    "num_features": 8,
    "num_filters": 8,
    "num_heads": 2,
    "num_layers": 2,
    "num_labels": 3,
    "num_outputs": 3,
    "num_attention_heads": 2,
    "out_channels": 8,
    "out_features": 8,
    "output_dim": 3,
    "param_dtype": jnp.float32,
    "qkv_dim": 8,
    "rate": 0.0,
    "rngs": None,
    "stage_sizes": (1, 1),
    "strides": (1, 1),
    "temperature": 1.0,
    "type_vocab_size": 2,
    "vocab_size": 12,
    "widening_factor": 2,
    "width": 8,
    "precision": None,
}
"""Fields by their names; `config` objects are read from the same table."""

CONFIGURATION: dict[str, Any] = {
    "activation_function": "gelu",
    "add_cross_attention": False,
    "attention_probs_dropout_prob": 0.0,
    "classifier_dropout": None,
    "d_ff": 16,
    "d_kv": 4,
    "d_model": 8,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 16,
    "decoder_layerdrop": 0.0,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 16,
    "encoder_layerdrop": 0.0,
    "feed_forward_proj": "relu",
    "gradient_checkpointing": False,
    "hidden_dropout_prob": 0.0,
    "image_size": 8,
    "is_decoder": False,
    "layer_norm_epsilon": 1e-6,
    "n_embd": 8,
    "n_head": 2,
    "n_inner": 16,
    "n_layer": 2,
    "n_positions": 16,
    "num_channels": 3,
    "num_decoder_layers": 2,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "output_attentions": False,
    "output_hidden_states": False,
    "pad_token_id": 1,
    "patch_size": 4,
    "position_embedding_type": "absolute",
    "projection_dim": 8,
    "qkv_bias": True,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "rotary_dim": 4,
    "scale_embedding": False,
    "tie_word_embeddings": False,
    "torch_dtype": None,
    "use_cache": False,
    "use_return_dict": True,
    "relative_attention_num_buckets": 4,
    "relative_attention_max_distance": 8,
    "init_std": 0.1,
    "initializer_factor": 1.0,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "ffn_dim": 16,
    "is_encoder_decoder": False,
    "embd_pdrop": 0.0,
    "resid_pdrop": 0.0,
    "attn_pdrop": 0.0,
    "chunk_size_feed_forward": 0,
    "embedding_size": 8,
    "is_gated_act": False,
    "dense_act_fn": "relu",
    "feature_size": 8,
    "head_dim": 4,
    "attention_bias": False,
    "hidden_activation": "gelu",
    "bos_token_id": 0,
    "eos_token_id": 2,
    "decoder_start_token_id": 0,
    "use_bias": True,
    "num_hidden_groups": 1,
    "inner_group_num": 1,
    "hidden_dropout": 0.0,
    "mlp_ratio": 2,
    "max_source_positions": 4,
    "max_target_positions": 16,
    "num_mel_bins": 8,
    "use_weighted_layer_sum": False,
    "classifier_proj_size": 8,
    "layer_norm_bias": True,
}


class Configuration:
    """Stands for any object of settings."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in CONFIGURATION:
            return CONFIGURATION[name]
        if name in SIZES:
            return SIZES[name]
        raise AttributeError(f"nothing is known of the setting `{name}`")

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration)


ANNOTATED: dict[str, Any] = {
    "int": 4,
    "float": 0.5,
    "bool": False,
    "Sequence[int]": (4, 8),
    "tuple[int, ...]": (4, 8),
    "Any": jnp.float32,
    "Tuple[int, ...]": (4, 8),
    "Tuple[int]": (4, 8),
    "Tuple[int, int]": (2, 2),
    "tuple[int, int]": (2, 2),
    "Callable": nn.relu,
    "jnp.dtype": jnp.float32,
    "Dtype": jnp.float32,
    "list[int]": (4, 8),
    "Iterable": (4, 8),
    "List[int]": (4, 8),
}
FLAGS = {
    "deterministic": True,
    "train": False,
    "training": False,
    "is_training": False,
    "inference": True,
    "init_cache": False,
    "return_dict": True,
    "output_attentions": False,
    "output_hidden_states": False,
    "eval": True,
    "decode": False,
    "is_train": False,
}
TRIES = 120
OFTEN = frozenset({"encoder_hidden_states", "key_value_states"})
"""Inputs that modules around always give, though None is their default: layers without them are not made."""


Parameter = tuple[str, str, Any, bool]


class Unguessed(Exception):
    """Nothing small is known for a field."""


def field_value(name: str, annotation: str, default: Any, missing: bool) -> Any:
    """A value for one field; defaults stand unless they are large."""
    if "onfig" in annotation or annotation == "Missing" or (missing and name in {"config", "cfg"}):
        return Configuration()
    if not missing and (not isinstance(default, int) or isinstance(default, bool) or default <= 16):
        return default
    if name in SIZES or name in CONFIGURATION:
        return SIZES.get(name, CONFIGURATION.get(name))
    if not missing:
        return min(default, 16)
    short = annotation.replace("typing.", "").removesuffix(" | None").strip("'\"")
    if short == "nn.Embed":
        return nn.Embed(12, 8)
    if short in ANNOTATED:
        return ANNOTATED[short]
    if short.startswith(("Optional", "None")):
        return None
    if short.startswith("Callable"):
        return nn.relu
    raise Unguessed(f"no value is known for the field `{name}: {annotation}`")


def _draw(*shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(len(shape)).uniform(-1, 1, shape), jnp.float32)


def _candidates(name: str) -> list[Any]:
    """Values for one input of a call, most likely first."""
    ids = jnp.arange(10, dtype=jnp.int32).reshape(2, 5) % 7
    if "mask" in name:
        return [jnp.ones((2, 5), jnp.int32), jnp.ones((2, 1, 5, 5), bool), None]
    if "position" in name and "embed" not in name:
        return [jnp.broadcast_to(jnp.arange(5), (2, 5)), jnp.arange(5), None]
    if "token_type" in name or "segment" in name:
        return [jnp.zeros((2, 5), jnp.int32), None]
    if name.endswith(("ids", "tokens", "indices", "labels")):
        return [ids, ids[:, 0]]
    if name == "input_features":
        return [_draw(2, 8, 8)]
    if "pixel" in name or "image" in name:
        return [_draw(2, 8, 8, 3), _draw(2, 3, 8, 8)]
    if "time" in name or name == "t":
        return [_draw(2), jnp.arange(2), _draw(2, 8)]
    if name in {"key", "rng", "z_rng", "prng_key", "dropout_rng"}:
        return [jax.random.key(0), None]
    floats = [
        _draw(2, 5, 8),
        _draw(2, 8, 8, 8),
        _draw(2, 8),
        _draw(2, 8, 8, 3),
        _draw(8, 8, 3),
        _draw(2, 6, 6, 4),
    ]
    if name.startswith(("hidden", "encoder")):
        return [*floats, None]
    return [*floats, ids, _draw(8), _draw(2, 7, 16), _draw(2, 1, 8)]


def calls(parameters: list[Parameter]) -> Iterator[dict[str, Any]]:
    """Ways to call a method: parameters as (name, annotation, default, whether it has none)."""
    choices: list[tuple[str, list[Any]]] = []
    for name, annotation, default, missing in parameters:
        if name in FLAGS and (missing or default is None):
            choices.append((name, [FLAGS[name]]))
        elif missing:
            flag = annotation.strip("'\"") == "bool"
            choices.append((name, [False] if flag else _candidates(name)))
    often = [name for name, _, default, _ in parameters if default is None and name in OFTEN]
    optional = {name: _draw(2, 5, 8) for name in often}
    for count, chosen in enumerate(product(*(values for _, values in choices))):
        if count == TRIES:
            return
        given = dict(zip((name for name, _ in choices), chosen, strict=True))
        yield given
        yield from ({**given, name: value} for name, value in optional.items())
