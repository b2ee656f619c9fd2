"""What never reaches the training loss: outputs of models outside gradients, results of functions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TypeVar

from migrate.verify.compare import GRADIENT_ULPS, Difference, epsilon
from migrate.verify.measure import Distance, distance
from migrate.verify.pairing import Names, translate
from migrate.verify.recorder.leafmap import COLLECTIONS, Path, normal_name
from migrate.verify.recorder.wire import Array, Record
from migrate.verify.recording import Recording

WINDOW = 4
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class Observed:
    """An event, and how many optimizer steps had been taken when it came."""

    record: Record
    step: int


def observations(run: Recording, kind: str) -> list[Observed]:
    """Events of one kind with the step that they follow, at least 1."""
    counts: dict[str, int] = {}
    found = []
    for event in run.events:
        if event.kind == "update":
            name = event.header["optimizer"]
            counts[name] = counts.get(name, 0) + 1
        elif event.kind == kind:
            done = max(counts.values(), default=0)
            found.append(Observed(event, int(event.header["segment"]) or max(1, done)))
    return found


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def compare_calls(old: Recording, new: Recording) -> Iterator[Difference]:
    """Outputs of whole models, outside of gradients, in the order of each place that calls them."""
    before, after = _call_groups(old), _call_groups(new)
    for key, ours in before.items():
        theirs = after.get(key) or _only_other(before, after, key)
        for sites in zip(ours, theirs or [], strict=False):
            yield from _compare_sequence(*sites, name=f"{key[0]}.{key[1]} output")


def _call_groups(run: Recording) -> dict[tuple[str, str], list[list[Observed]]]:
    """By model and method: the calls of each place in the program, places in order of appearance."""
    places = grouped((_place(seen.record), seen) for seen in observations(run, "call"))
    ordered = sorted(places.items(), key=lambda item: int(item[1][0].record.header["order"]))
    return grouped(((str(place[0]), str(place[1])), calls) for place, calls in ordered)


def _place(record: Record) -> tuple[object, ...]:
    header = record.header
    shapes = tuple(shape for shape, _ in record.signature("out").values())
    return header["module"], header["method"], header["site"]["file"], header["site"]["line"], shapes


def _only_other(before: Mapping[K, V], after: Mapping[K, V], key: K) -> V | None:
    """A renamed model: the one group left over on each side."""
    left = [value for name, value in after.items() if name not in before]
    return left[0] if len(left) == 1 and len([k for k in before if k not in after]) == 1 else None


def _compare_sequence(ours: list[Observed], theirs: list[Observed], name: str) -> Iterator[Difference]:
    """Calls in order; callbacks of one program may come swapped, so equal bits nearby count as equal."""
    spare = list(theirs[: len(ours) + WINDOW])
    for index, seen in enumerate(ours[: len(theirs)]):
        nearby = sorted(range(len(spare)), key=lambda at: abs(at))[:WINDOW]
        same = next((at for at in nearby if _same_bits(seen.record, spare[at].record)), None)
        other = spare.pop(same if same is not None else 0) if spare else theirs[index]
        if same is None:
            yield from _leaf_differences(seen, other.record, name)


def _same_bits(one: Record, other: Record) -> bool:
    left, right = list(one.group("out").values()), list(other.group("out").values())
    return len(left) == len(right) and all(distance(a, b).same_bits for a, b in zip(left, right, strict=True))


def _leaf_differences(seen: Observed, other: Record, name: str) -> Iterator[Difference]:
    left, right = seen.record.group("out"), list(other.group("out").values())
    for (path, array), partner in zip(left.items(), right, strict=False):
        found = distance(array, partner)
        if not found.same_bits:
            shown = "/".join((name, *path))
            yield Difference(seen.step, "state", shown, found, tolerated(found, array, seen))


def tolerated(found: Distance, array: Array, seen: Observed) -> bool:
    """Whether rounding can explain a difference of a value that is only observed."""
    unit = max(epsilon(seen.record, "out"), 2.0**-23)
    return array.dtype.kind == "f" and found.max_rel <= GRADIENT_ULPS * seen.step * unit


def compare_returns(
    old: Recording, new: Recording, names: Names, is_noise: Callable[[Path, int], bool]
) -> Iterator[Difference]:
    """Results of compiled functions of the same name, call by call.

    `is_noise` says of a parameter's path and a step whether its gradients were rounding errors by then.
    """
    before, after = _by_function(old), _by_function(new)
    for function, ours in before.items():
        theirs = after.get(function) or _only_other(before, after, function) or []
        pairs = list(zip(ours, theirs, strict=False))
        matched = _match_results(*pairs[0], names) if pairs else []
        for one, other in pairs:
            for place, found in _compare_results(one, other, matched, function):
                noise = not found.tolerated and is_noise(place[1], one.step)
                yield replace(found, tolerated=True) if noise else found


Results = dict[tuple[str, Path], Array]
Matched = list[tuple[tuple[str, Path], tuple[str, Path]]]


def matched_results(
    old: Recording, new: Recording, names: Names
) -> Iterator[tuple[list[tuple[Results, Results]], Matched]]:
    """The results of each compiled function, call by call, and how their leaves were paired."""
    before, after = _by_function(old), _by_function(new)
    for function, ours in before.items():
        theirs = after.get(function) or _only_other(before, after, function) or []
        pairs = list(zip(ours, theirs, strict=False))
        if pairs:
            calls = [(_results(one.record), _results(other.record)) for one, other in pairs[:WINDOW]]
            yield calls, _match_results(*pairs[0], names)


def _by_function(run: Recording) -> dict[str, list[Observed]]:
    return grouped((str(seen.record.header["function"]), seen) for seen in observations(run, "return"))


Place = tuple[str, Path]


def _compare_results(
    one: Observed, other: Observed, matched: Sequence[tuple[Place, Place]], function: str
) -> Iterator[tuple[Place, Difference]]:
    left, right = _results(one.record), _results(other.record)
    for ours, theirs in matched:
        if ours in left and theirs in right:
            found = distance(left[ours], _like(right[theirs], left[ours]))
            if not found.same_bits:
                shown = "/".join((f"{function}()", *ours[1]))
                yield ours, Difference(one.step, "state", shown, found, tolerated(found, left[ours], one))


def _like(array: Array, model: Array) -> Array:
    """Counters are int32 in Linen and uint32 in NNX; their values count."""
    both_whole = array.dtype.kind in "iu" and model.dtype.kind in "iu"
    return array.astype(model.dtype) if both_whole else array


def _results(record: Record) -> dict[Place, Array]:
    return {(group, path): array for group in ("out", "args") for path, array in record.group(group).items()}


def _match_results(one: Observed, other: Observed, names: Names) -> list[tuple[Place, Place]]:
    """Pair the leaves of two results by full name, then by its ending, then by position."""
    left, right = _results(one.record), _results(other.record)
    moved = {*filter(_unnamed, left)} != {*filter(_unnamed, right)}
    pairs: list[tuple[Place, Place]] = []
    for key in (_full_key, _ending_key, _position_key):
        known = [p for p in left if not (moved and _unnamed(p)) or key is _position_key]
        ours = grouped((key(place, left[place], names), place) for place in known)
        theirs = grouped((key(place, right[place], {}), place) for place in right)
        for name, places in ours.items():
            if len(places) == len(theirs.get(name, ())):
                found = _equal_first(places, theirs[name], left, right)
                pairs += found
                for mine, its in found:
                    del left[mine], right[its]
    return pairs


def _unnamed(place: Place) -> bool:
    """Whether a result has only its place in a tuple, which another one has once a state has gone from it."""
    return all(part.isdigit() for part in place[1])


def _equal_first(
    ours: list[Place], theirs: list[Place], left: Mapping[Place, Array], right: Mapping[Place, Array]
) -> list[tuple[Place, Place]]:
    """Pair equal values with each other, and what is left in order."""
    rest, pairs, spare = [], [], list(theirs)
    for place in ours:
        same = next((s for s in spare if distance(left[place], _like(right[s], left[place])).same_bits), None)
        if same is None:
            rest.append(place)
        else:
            spare.remove(same)
            pairs.append((place, same))
    return pairs + [(a, b) for a, b in zip_longest(rest, spare) if a and b]


def _full_key(place: Place, array: Array, names: Names) -> Hashable:
    path = translate(place[1], names)
    while path and path[0].isdigit():
        path = path[1:]
    kept = tuple(normal_name((part,)) for part in path if part not in COLLECTIONS)
    return (kept, array.shape) if kept else place


def _ending_key(place: Place, array: Array, names: Names) -> Hashable:
    """The last two names: the same leaf in a tree that goes by another name, such as an average."""
    kept = tuple(normal_name((part,)) for part in translate(place[1], names)[-2:])
    return (kept, array.shape) if len(kept) == 2 and not kept[0].isdigit() else place


def _position_key(place: Place, array: Array, names: Names) -> Hashable:
    """Results without any name go by their order."""
    named = any(not part.isdigit() for part in place[1])
    return place if named else (array.shape, "i" if array.dtype.kind in "iu" else array.dtype.kind)
