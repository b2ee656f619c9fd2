"""Pairing the leaves of two trees by name, then by the shape of their module, then by order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Path = tuple[str, ...]
Shape = tuple[int, ...]
COLLECTIONS = frozenset({"params", "batch_stats"})


@dataclass(frozen=True)
class Pair:
    """One leaf before and its leaf after; `how` says on what evidence they were paired."""

    before: Path
    after: Path
    how: str


@dataclass(frozen=True)
class LeafMap:
    """Pairs, and the leaves of each side that found no partner."""

    pairs: tuple[Pair, ...]
    only_before: tuple[Path, ...]
    only_after: tuple[Path, ...]

    @property
    def complete(self) -> bool:
        return not self.only_before and not self.only_after

    @property
    def by_name(self) -> bool:
        """Whether names alone decided, so that no two leaves can have been taken for each other."""
        return all(pair.how in ("same", "name") for pair in self.pairs)


def pair_leaves(before: Mapping[Path, Shape], after: Mapping[Path, Shape]) -> LeafMap:
    """Pair two trees, each given as path to shape in creation order, by ever weaker evidence."""
    left, right = dict(before), dict(after)
    pairs: list[Pair] = []
    for how, rung in (("same", _same), ("name", _by_name), ("module", _by_module), ("order", _by_order)):
        for one, other in rung(left, right, pairs):
            pairs.append(Pair(one, other, how))
            del left[one], right[other]
    order = {path: index for index, path in enumerate(before)}
    pairs.sort(key=lambda pair: order[pair.before])
    return LeafMap(tuple(pairs), tuple(left), tuple(right))


Rung = Iterable[tuple[Path, Path]]


def _same(left: Mapping[Path, Shape], right: Mapping[Path, Shape], _: Sequence[Pair]) -> Rung:
    return [(path, path) for path in left if right.get(path) == left[path]]


def normal_name(path: Path) -> str:
    """A path without the ways of writing that differ: case, underscores, indices as own names."""
    return re.sub(r"[^a-z0-9]", "", "".join(part for part in path if part not in COLLECTIONS).lower())


def _by_name(left: Mapping[Path, Shape], right: Mapping[Path, Shape], _: Sequence[Pair]) -> Rung:
    return _unique_matches(
        {path: (normal_name(path), shape) for path, shape in left.items()},
        {path: (normal_name(path), shape) for path, shape in right.items()},
    )


def _unique_matches(left: Mapping[Path, object], right: Mapping[Path, object]) -> list[tuple[Path, Path]]:
    """Pairs of paths whose keys are equal, where the key occurs once on each side."""
    ours, theirs = _invert(left), _invert(right)
    return [
        (paths[0], theirs[key][0])
        for key, paths in ours.items()
        if len(paths) == 1 and len(theirs.get(key, ())) == 1
    ]


def _invert(keys: Mapping[Path, object]) -> dict[object, list[Path]]:
    inverted: dict[object, list[Path]] = defaultdict(list)
    for path, key in keys.items():
        inverted[key].append(path)
    return inverted


def _modules(tree: Mapping[Path, Shape]) -> dict[Path, dict[str, tuple[Path, Shape]]]:
    found: dict[Path, dict[str, tuple[Path, Shape]]] = defaultdict(dict)
    for path, shape in tree.items():
        found[path[:-1]][normal_name(path[-1:])] = (path, shape)
    return found


def _roles(module: Mapping[str, tuple[Path, Shape]]) -> tuple[tuple[str, Shape], ...]:
    return tuple(sorted((name, shape) for name, (_, shape) in module.items()))


def _leaf_pairs(
    ours: Mapping[str, tuple[Path, Shape]], theirs: Mapping[str, tuple[Path, Shape]]
) -> list[tuple[Path, Path]]:
    return [(ours[name][0], theirs[name][0]) for name in ours]


def _by_module(left: Mapping[Path, Shape], right: Mapping[Path, Shape], _: Sequence[Pair]) -> Rung:
    """Whole layers whose set of leaf names and shapes occurs once on each side."""
    ours, theirs = _modules(left), _modules(right)
    matches = _unique_matches(
        {path: _roles(module) for path, module in ours.items()},
        {path: _roles(module) for path, module in theirs.items()},
    )
    return [pair for one, other in matches for pair in _leaf_pairs(ours[one], theirs[other])]


def _by_order(left: Mapping[Path, Shape], right: Mapping[Path, Shape], _: Sequence[Pair]) -> Rung:
    """Layers of equal leaf names and shapes, in the order in which they were created."""
    ours, theirs = _modules(left), _modules(right)
    groups = _invert({path: _roles(module) for path, module in theirs.items()})
    pairs = []
    for roles, paths in _invert({path: _roles(module) for path, module in ours.items()}).items():
        if len(paths) == len(groups.get(roles, ())):
            for one, other in zip(paths, groups[roles], strict=True):
                pairs += _leaf_pairs(ours[one], theirs[other])
    return pairs
