"""The second pass: every module's inputs and output in both programs, in the order of the call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.verify.compare import Tree
from migrate.verify.measure import EQUAL, Distance, distance
from migrate.verify.observe import grouped
from migrate.verify.pairing import TrackPair
from migrate.verify.recorder.leafmap import normal_name
from migrate.verify.recorder.wire import Record
from migrate.verify.recording import Recording
from migrate.verify.report import Layer

Key = tuple[str, int, int, bool]
Groups = Mapping[Key, list[Record]]


@dataclass(frozen=True)
class LayerPair:
    """One module call in both runs; `index` is its number among the after program's of the same kind."""

    before: Record
    after: Record
    index: int = 0

    @property
    def inputs(self) -> Distance:
        return furthest(self.before.group("in"), self.after.group("in"))

    @property
    def output(self) -> Distance:
        return furthest(self.before.group("out"), self.after.group("out"))


def pair_layers(old: Recording, new: Recording, pairs: tuple[TrackPair, ...], step: int) -> list[LayerPair]:
    """The module calls of one step (the case, for the one-step problem), in order of tracing."""
    renamed = _renamed(pairs)
    segment = step if old.of("case") else None
    before, after = _calls(old, renamed, segment), _calls(new, {}, segment)
    index = 0 if segment else step - 1
    partners = {key: key for key in before if key in after} | dict(_by_type(before, after))
    found = []
    for key, ours in sorted(before.items(), key=lambda item: int(item[1][0].header["order"])):
        theirs = after.get(partners.get(key, key), [])
        if theirs:
            at = min(index, len(ours) - 1, len(theirs) - 1)
            found.append(LayerPair(ours[at], theirs[at], at))
    return found


def _by_type(before: Groups, after: Groups) -> Iterator[tuple[Key, Key]]:
    """Modules without leaves of their own have no name in the leaf map: by type, in order of their calls."""
    ours = grouped((_type_key(calls[0]), key) for key, calls in before.items() if key not in after)
    theirs = grouped((_type_key(calls[0]), key) for key, calls in after.items() if key not in before)
    for kind, keys in ours.items():
        if len(keys) == len(theirs.get(kind, ())):
            yield from zip(_called(keys, before), _called(theirs[kind], after), strict=True)


def _called(keys: Iterable[Key], calls: Groups) -> list[Key]:
    return sorted(keys, key=lambda key: int(calls[key][0].header["order"]))


def _type_key(event: Record) -> tuple[str, bool]:
    return event.header["type"], event.header["training"]


def _calls(run: Recording, renamed: Mapping[str, str], segment: int | None) -> dict[Key, list[Record]]:
    """Calls by module, occurrence and place, in order of time; rounds of recomputation dropped."""
    events = [e for e in run.of("layer") if segment is None or e.header["segment"] == segment]
    return grouped((_key(event, renamed), event) for event in events)


def _key(event: Record, renamed: Mapping[str, str]) -> Key:
    header = event.header
    name = normal_name(tuple(header["path"].split("/")))
    return renamed.get(name, name), header["occurrence"], header["origin"], header["training"]


def _renamed(pairs: tuple[TrackPair, ...]) -> dict[str, str]:
    """Names of modules at every depth, as the leaf map shows them."""
    names: dict[str, str] = {}
    for pair in pairs:
        for leaf in pair.leaves.pairs:
            one, other = leaf.before[:-1], leaf.after[:-1]
            while one and other and normal_name(one) not in names:
                names[normal_name(one)] = normal_name(other)
                if len(one) != len(other):
                    break
                one, other = one[:-1], other[:-1]
    return names


def furthest(before: Tree, after: Tree) -> Distance:
    """The largest distance between two lists of arrays; a missing array is left out."""
    found = [distance(a, b) for a, b in zip(before.values(), after.values(), strict=False)]
    return max((d for d in found if not d.same_bits), key=lambda d: d.max_rel, default=EQUAL)


def describe(pair: LayerPair) -> Layer:
    """One row of the tree of layers."""
    output = pair.output
    return Layer(
        path=pair.before.header["path"],
        kind=pair.before.header["type"],
        same_input=pair.inputs.same_bits,
        same_output=output.same_bits,
        max_abs=output.max_abs,
        max_rel=output.max_rel,
        before_line=line_of(pair.before),
        after_line=line_of(pair.after),
    )


def line_of(record: Record) -> str:
    """File and line of an event in the user's code, empty if it is not known."""
    site = record.header.get("site") or {}
    return f"{site['file']}:{site['line']}" if site.get("file") else ""


def first_wrong(pairs: list[LayerPair]) -> LayerPair | None:
    """The first call that was given something else or turned the same into something else.

    Calls come in the order in which they end, so the inner ones are seen before the outer ones;
    where a gradient is taken, only the calls inside it count.
    """
    training = [pair for pair in pairs if pair.before.header["training"]]
    return next((p for p in training or pairs if not (p.inputs.same_bits and p.output.same_bits)), None)
