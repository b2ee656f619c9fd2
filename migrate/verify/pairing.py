"""Which optimizer, which loss and which leaf of the after run belongs to which of the before run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from migrate.verify.recorder.leafmap import LeafMap, Pair, Path, pair_leaves
from migrate.verify.recorder.wire import Array
from migrate.verify.recording import LossSite, Recording, Track

Names = Mapping[Path, Pair]
Shapes = tuple[tuple[int, ...], ...]
T = TypeVar("T", Track, LossSite)


@dataclass(frozen=True)
class TrackPair:
    """One optimizer in both runs, with the map of the leaves that it updates."""

    before: Track
    after: Track
    leaves: LeafMap

    @property
    def names(self) -> Names:
        """The pair of each leaf before, by its path."""
        return {pair.before: pair for pair in self.leaves.pairs}


def pair_tracks(before: Recording, after: Recording, given: Mapping[Path, Path]) -> list[TrackPair]:
    """Pair optimizers of equal leaf shapes, in order of their first step."""
    left = list(after.tracks)
    pairs = []
    for track in before.tracks:
        found = next((t for t in left if t.segment == track.segment and _shapes(t) == _shapes(track)), None)
        if found is None:
            found = next((t for t in left if t.segment == track.segment), None)
        if found is not None:
            left.remove(found)
            pairs.append(TrackPair(track, found, map_leaves(track, found, given)))
    return pairs


def _shapes(track: Track) -> Shapes:
    return tuple(sorted(shape for shape, _ in track.updates[0].signature("grads").values()))


def map_leaves(before: Track, after: Track, given: Mapping[Path, Path]) -> LeafMap:
    """The leaf map between the gradient trees of two optimizers."""
    left, right = before.updates[0].signature("grads"), after.updates[0].signature("grads")
    return pair_leaves(
        {path: shape for path, (shape, _) in left.items()},
        {path: shape for path, (shape, _) in right.items()},
        given,
    )


def pair_losses(before: Sequence[LossSite], after: Sequence[LossSite]) -> list[tuple[LossSite, LossSite]]:
    """Pair loss sites by a name that is unique on both sides, the rest by order of appearance."""
    left, pairs = list(after), []
    rest = []
    for site in before:
        same = [s for s in left if _key(s) == _key(site)]
        if len(same) == 1 and sum(_key(s) == _key(site) for s in before) == 1:
            pairs.append((site, same[0]))
            left.remove(same[0])
        else:
            rest.append(site)
    for site in rest:
        found = next((s for s in left if s.segment == site.segment), None)
        if found is not None:
            left.remove(found)
            pairs.append((site, found))
    return pairs


def _key(site: LossSite) -> tuple[int, str]:
    return site.segment, site.name


def translate(path: Path, names: Names) -> Path:
    """A path of any tree built over the parameters, such as the optimizer's, in the after names."""
    start, found = _ending(path, names)
    return path if found is None else path[:start] + found.after


def _ending(path: Path, names: Names) -> tuple[int, Pair | None]:
    """The longest ending of a path that names a leaf of the map, and where it starts."""
    for start in range(len(path)):
        found = names.get(path[start:])
        if found is not None:
            return start, found
    return len(path), None


def parameter_of(path: Path, names: Names) -> Path | None:
    """The parameter that a path of a tree over the parameters ends in."""
    found = _ending(path, names)[1]
    return found.before if found is not None else None


def partner_path(path: Path, after: Mapping[Path, object], names: Names) -> Path | None:
    """Where the after program has a leaf: under the same path, or the only one that is nested otherwise."""
    place = translate(path, names)
    for known in (place, _beside(path, names)):
        if known in after:
            return known
    bare = _without_numbers(place)
    found = [other for other in after if _without_numbers(other) == bare] if bare else []
    return found[0] if len(found) == 1 else None


def _beside(path: Path, names: Names) -> Path | None:
    """The path of a statistic in the after names, by a parameter of the same module."""
    for start in range(len(path) - 1):
        module = path[start:-1]
        found = next((pair.after for before, pair in names.items() if before[:-1] == module), None)
        if found is not None:
            return (*path[:start], *found[:-1], path[-1])
    return None


def _without_numbers(path: Path) -> Path:
    return tuple(part for part in path if not part.isdigit())


def counterpart(path: Path, array: Array, after: Mapping[Path, Array], names: Names) -> Array | None:
    """The after program's value of a leaf, in the shape that the leaf has before; None if absent."""
    _, found = _ending(path, names)
    place = partner_path(path, after, names)
    if place is None:
        return None
    partner = after[place]
    if found is not None and found.parts > 1:
        width = partner.shape[-1] // found.parts
        partner = partner[..., found.part * width : (found.part + 1) * width]
    return partner.reshape(array.shape) if partner.size == array.size else partner
