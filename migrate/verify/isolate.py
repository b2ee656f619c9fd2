"""Single-step isolation: which layers go wrong by themselves, given what their partners were given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from migrate.verify.layers import LayerPair, furthest
from migrate.verify.recorder import wire
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import Recording
from migrate.verify.report import Layer

KEYS = ("path", "occurrence", "origin", "training")
Isolate = Callable[[int, list[LayerPair]], Recording | None]


def write_references(pairs: list[LayerPair], file: Path) -> None:
    """Inputs and outputs of each module call before, under the name of its partner after."""
    with file.open("wb") as stream:
        for pair in pairs:
            call = {key: pair.after.header[key] for key in KEYS}
            sides = {side: pair.before.group(side) for side in ("in", "out")}
            leaves = [(side, path, array) for side, tree in sides.items() for path, array in tree.items()]
            wire.append(stream, {"kind": "reference", **call, "index": pair.index}, leaves)


def isolated(layers: tuple[Layer, ...], pairs: list[LayerPair], alone: Recording) -> tuple[Layer, ...]:
    """The layers with what the isolated run says of each."""
    calls: dict[tuple[object, ...], list[Record]] = {}
    for event in alone.of("layer"):
        calls.setdefault(tuple(event.header[key] for key in KEYS), []).append(event)
    found = []
    for layer, pair in zip(layers, pairs, strict=True):
        events = calls.get(tuple(pair.after.header[key] for key in KEYS), [])
        found.append(_judged(layer, pair, events[pair.index]) if pair.index < len(events) else layer)
    return tuple(found)


def _judged(layer: Layer, pair: LayerPair, event: Record) -> Layer:
    """Whether the layer itself, and the code that leads to it, do the same on the same."""
    inputs = furthest(pair.before.group("in"), event.group("in"))
    output = furthest(pair.before.group("out"), event.group("out"))
    return replace(layer, same_alone=output.same_bits, same_before=inputs.same_bits)
