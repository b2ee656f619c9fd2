"""The configuration classes of public packages, with numbers small enough to build a model of."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import jax.numpy as jnp

from benchmarks.modules.small import CONFIGURATION, LARGEST, SIZES

KINDS = {
    "heads": 2,
    "layers": 2,
    "depths": 1,
    "vocab": 12,
    "position": 16,
    "ffn": 16,
    "intermediate": 16,
    "token_id": 3,
}
"""What a number that is not known by its name becomes, by a part of it."""


PLAINER = {"block_sparse": "original_full"}
"""Settings that ask for longer inputs than are made, with those that compute the same for short ones."""


class Pretrained:
    """Stands for `transformers.PretrainedConfig`, whose module needs packages that are not installed."""

    attribute_map: ClassVar[dict[str, str]] = {}
    read: ClassVar[set[str]] = set()
    """Which settings were asked for."""

    def __init__(self, **given: Any) -> None:
        common = {
            "add_cross_attention": False,
            "causal": True,
            "chunk_size_feed_forward": 0,
            "is_decoder": False,
            "is_encoder_decoder": False,
            "num_labels": 2,
            "output_attentions": False,
            "output_hidden_states": False,
            "problem_type": None,
            "tie_word_embeddings": True,
            "torch_dtype": None,
            "use_return_dict": True,
        }
        for name, value in {**common, **given}.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(type(self).attribute_map.get(name, name), value)

    def __getattribute__(self, name: str) -> Any:
        Pretrained.read.add(name)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        known = type(self).attribute_map.get(name)
        if known is None:
            raise AttributeError(f"the configuration has no `{name}`")
        return getattr(self, known)


class Configuration:
    """Stands for an object of settings whose class is not known."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in CONFIGURATION:
            return CONFIGURATION[name]
        if name in SIZES:
            return SIZES[name]
        raise AttributeError(f"nothing is known of the setting `{name}`")

    def __getitem__(self, name: str) -> Any:
        """A setting of a dict: sizes are numbers, and the activation is one that every program knows."""
        known = name.lower()
        return "relu" if known == "activation" else CONFIGURATION.get(known, SIZES.get(known, 8))

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if default is None or type(default) is int else default

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration)


def settings(cls: Any) -> Any:
    """An instance of a configuration class with small numbers, or a stand-in where it cannot be made."""
    if not isinstance(cls, type) or not (issubclass(cls, Pretrained) or dataclasses.is_dataclass(cls)):
        return Configuration()
    try:
        made = cls(**dict(_required(cls)))
        shrink(made)
    except Exception:
        return Configuration()
    return made


def tied(given: Mapping[str, Any]) -> bool:
    """Whether a configuration among the fields lets two layers share their weights."""
    return any(isinstance(each, Pretrained) and each.tie_word_embeddings for each in given.values())


def apart(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields with configurations that let no layers share their weights."""
    found = {name: copy.copy(value) for name, value in given.items() if isinstance(value, Pretrained)}
    for each in found.values():
        each.tie_word_embeddings = False
    return {**given, **found}


def _required(cls: type) -> Iterator[tuple[str, Any]]:
    for parameter in inspect.signature(cls).parameters.values():
        named = parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
        if named and parameter.default is parameter.empty:
            yield parameter.name, _known(parameter.name, LARGEST + 1)


def shrink(made: Any) -> None:
    """Give every large number among the attributes of an object a small value."""
    for name, value in [*vars(made).items()]:
        if isinstance(value, Pretrained):
            shrink(value)
        else:
            object.__setattr__(made, name, _small(name, value))


def _small(name: str, value: Any) -> Any:
    match value:
        case bool() | None:
            return value
        case int():
            return _known(name, value)
        case float():
            return 0.0 if "drop" in name else value
        case str():
            return PLAINER.get(value, value)
        case list() | tuple() if all(type(item) is int for item in value):
            return type(value)(item if item <= LARGEST else 8 for item in value)
    return value


def _known(name: str, value: int) -> Any:
    """Names of the tables first, then what a part of the name says of a number that is too large."""
    exact = CONFIGURATION.get(name, SIZES.get(name))
    if isinstance(exact, int):
        return exact
    if name in {"dtype", "param_dtype"}:
        return jnp.float32
    kind = next((KINDS[part] for part in KINDS if part in name), 8)
    return kind if value > LARGEST or "heads" in name or "layers" in name else value
