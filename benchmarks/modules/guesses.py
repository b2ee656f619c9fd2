"""Values for the fields of a module and the inputs of a call, guessed by name and annotation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from benchmarks.modules.small import ANNOTATED, CONFIGURATION, FLAGS, LARGEST, SIZES

TRIES = 160
MODES = frozenset({"deterministic", "train", "training", "is_training", "is_train", "inference", "eval"})
BEGUN = frozenset({"init_cache", "decode"})
"""Flags that make a module keep what it has seen, which is another call's business."""

OFTEN = frozenset({"encoder_hidden_states", "key_value_states"})
"""Inputs that modules around always give, though None is their default: layers without them are not made."""

PAIRS = frozenset({"tuple[int, int]", "Tuple[int, int]"})

USUAL = frozenset(
    {
        *("attention_mask", "position_ids", "token_type_ids", "input_ids", "hidden_states"),
        *("decoder_input_ids", "decoder_attention_mask", "pixel_values"),
    }
)
"""Inputs that are given where None is their default, too."""

Parameter = tuple[str, str, Any, bool]
"""Its name, its annotation, its default, and whether it has none."""


class Unguessed(Exception):
    """Nothing small is known for a field."""


def field_value(name: str, annotation: str, default: Any, missing: bool) -> Any:
    """A value for one field; defaults stand unless they are large or draw random numbers."""
    if (isinstance(default, float) or annotation == "float") and ("drop" in name or name == "rate"):
        return 0.0
    if not missing and (not isinstance(default, int) or isinstance(default, bool) or default <= LARGEST):
        return default
    known = SIZES.get(name, CONFIGURATION.get(name))
    if (name in SIZES or name in CONFIGURATION) and not (isinstance(known, int) and annotation in PAIRS):
        return known
    if not missing:
        return min(default, LARGEST)
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


def is_configuration(name: str, annotation: str, missing: bool) -> bool:
    """A field that holds an object of settings."""
    return "onfig" in annotation or annotation == "Missing" or (missing and name in {"config", "cfg"})


def _draw(*shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(len(shape)).uniform(-1, 1, shape), jnp.float32)


def _candidates(name: str) -> list[Any]:
    """Values for one input of a call, most likely first; those at one place of the lists fit together."""
    ids = jnp.arange(10, dtype=jnp.int32).reshape(2, 5) % 7
    choices = jnp.arange(30, dtype=jnp.int32).reshape(2, 3, 5) % 7
    if "head_mask" in name:
        return [None]
    if "mask" in name:
        mask = jnp.ones((2, 5), jnp.int32).at[1, 3:].set(0)
        return [mask, jnp.ones((2, 3, 5), jnp.int32), jnp.ones((2, 1, 5, 5), bool), None]
    if "position" in name and "embed" not in name:
        places = jnp.arange(5)
        return [jnp.broadcast_to(places, (2, 5)), jnp.broadcast_to(places, (2, 3, 5)), places, None]
    if "token_type" in name or "segment" in name:
        kinds = jnp.zeros((2, 5), jnp.int32).at[:, 3:].set(1)
        return [kinds, jnp.broadcast_to(kinds[:, None], (2, 3, 5)), None]
    if name.endswith(("ids", "tokens", "indices", "labels")):
        return [ids, choices, ids[:, 0]]
    if name == "input_features":
        return [_draw(2, 8, 8)]
    if "pixel" in name or "image" in name:
        return [_draw(2, 8, 8, 3), _draw(2, 3, 8, 8)]
    if "time" in name or name == "t":
        return [_draw(2), jnp.arange(2), _draw(2, 8)]
    if name in {"key", "rng", "z_rng", "prng_key", "dropout_rng"}:
        return [jax.random.key(0), _draw(2, 5, 2, 4), _draw(2, 5, 8), None]
    if "sinusoidal" in name:
        return [_draw(5, 4)]
    if name == "alibi":
        return [_draw(2, 2, 5, 5), _draw(2, 2, 1, 5), None]
    return _arrays(name, ids)


def _arrays(name: str, ids: jax.Array) -> list[Any]:
    floats = [
        _draw(2, 5, 8),
        _draw(2, 8, 8, 8),
        _draw(2, 8),
        _draw(2, 8, 8, 3),
        _draw(8, 8, 3),
        _draw(2, 6, 6, 4),
    ]
    if name.startswith(("hidden", "encoder")):
        return [*floats, _draw(5, 8), None]
    if name in {"carry", "rnn_state"}:
        return [_draw(5, 8), (_draw(5, 8), _draw(5, 8))]
    large = [_draw(2, 40, 40, 4), _draw(2, 4, 40, 40)]
    return [*floats, ids, _draw(8), _draw(2, 7, 16), _draw(2, 1, 8), _draw(2, 5, 2, 4), *large]


def calls(parameters: Sequence[Parameter], items: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    """Ways to call a method, the most likely first; `items` names those of inputs that are tuples."""
    choices = [
        (each[0], [_together(items[each[0]])] if each[0] in items else _choice(*each)) for each in parameters
    ]
    choices = [(name, values) for name, values in choices if values]
    often = [name for name, _, default, _ in parameters if default is None and name in OFTEN]
    lengths = [len(values) for _, values in choices]
    together = [tuple(min(place, n - 1) for n in lengths) for place in range(max(lengths, default=1))]
    apart = (places for total in range(sum(lengths) + 1) for places in _adding_up(lengths, total))
    for places in islice(dict.fromkeys([*together, *islice(apart, TRIES)]), TRIES):
        given = {name: values[place] for (name, values), place in zip(choices, places, strict=True)}
        yield given
        yield from ({**given, name: _draw(2, 5, 8)} for name in often)


def _together(names: Sequence[str]) -> tuple[Any, ...]:
    """Items of one input, over steps and examples."""
    return tuple(_of_steps(name) for name in names)


def _of_steps(name: str) -> Any:
    if name.startswith(("done", "reset")):
        return jnp.zeros((2, 5), bool).at[1, 2].set(True)
    return jnp.ones((2, 5, 3)).at[:, :, 1].set(0) if "avail" in name else _draw(2, 5, 8)


def _adding_up(lengths: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    """A place in each of several lists, in all ways with this sum."""
    if not lengths:
        if not total:
            yield ()
        return
    for place in range(min(lengths[0] - 1, total) + 1):
        yield from ((place, *rest) for rest in _adding_up(lengths[1:], total - place))


def _choice(name: str, annotation: str, default: Any, missing: bool) -> list[Any]:
    """What one parameter may be, nothing where its default stands."""
    if name in FLAGS and (missing or default is None):
        return [FLAGS[name]]
    if missing:
        return [False] if annotation.strip("'\"") == "bool" else _candidates(name)
    usual = name in USUAL
    return [*_candidates(name)[:2], None] if default is None and usual else []


def flipped(parameters: Sequence[Parameter], arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same call with the flags of training the other way, and with all other flags the other way."""
    values = {name: arguments.get(name, default) for name, _, default, _ in parameters}
    flags = {name: not value for name, value in values.items() if isinstance(value, bool)}
    for chosen in (MODES, flags.keys() - MODES - BEGUN):
        if turned := {name: flags[name] for name in flags if name in chosen}:
            yield {**arguments, **turned}
