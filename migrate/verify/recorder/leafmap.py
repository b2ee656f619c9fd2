"""Pairing the leaves of two trees by name, then by the shape of their module, then by order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

Path = tuple[str, ...]
Shape = tuple[int, ...]
Site = tuple[str, str, int, int]
COLLECTIONS = frozenset({"params", "batch_stats"})


CERTAIN = frozenset({"same", "name", "user", "fused"})
CELLS = {"densei": ("ii", "if", "ig", "io"), "denseh": ("hi", "hf", "hg", "ho")}
RENAMED = {"i": "densei", "h": "denseh"}


@dataclass(frozen=True)
class Pair:
    """One leaf before and its leaf after; `how` says on what evidence they were paired.

    Where several leaves before are fused into one after, this is number `part` of `parts`
    along the last axis.
    """

    before: Path
    after: Path
    how: str
    part: int = 0
    parts: int = 1


Rung = Iterable[Pair]


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
    def certain(self) -> bool:
        """Whether no two leaves can have been taken for each other."""
        return all(pair.how in CERTAIN for pair in self.pairs)


Tree = Mapping[Path, Shape]


def pair_leaves(before: Tree, after: Tree, given: Mapping[Path, Path] | None = None) -> LeafMap:
    """Pair two trees, each given as path to shape in creation order, by ever weaker evidence.

    `given` holds pairs that the user has fixed. Every leaf is used at most once.
    """
    left, right = dict(before), dict(after)
    pairs: list[Pair] = []
    for rung in (
        _given(given or {}),
        _same,
        _by_name,
        _fused,
        _reshaped,
        _by_suffix,
        _by_module,
        _by_order,
        _by_leaf,
    ):
        found = list(rung(left, right))
        pairs += found
        for path in {pair.before for pair in found}:
            del left[path]
        for path in {pair.after for pair in found}:
            del right[path]
    order = {path: index for index, path in enumerate(before)}
    pairs.sort(key=lambda pair: order[pair.before])
    return LeafMap(tuple(pairs), tuple(left), tuple(right))


def _given(pairs: Mapping[Path, Path]) -> Callable[[Tree, Tree], Rung]:
    def rung(left: Tree, right: Tree) -> Rung:
        return [Pair(one, other, "user") for one, other in pairs.items() if one in left and other in right]

    return rung


def _same(left: Tree, right: Tree) -> Rung:
    return [Pair(path, path, "same") for path in left if right.get(path) == left[path]]


def normal_name(path: Path) -> str:
    """A path without the ways of writing that differ: case, underscores, indices as own names."""
    return re.sub(r"[^a-z0-9]", "", "".join(part for part in path if part not in COLLECTIONS).lower())


def draw_site(header: Mapping[str, Any]) -> Site:
    """The part of a random draw's site that both programs share.

    That is its module, its stream, which draw of one forward call it is, and the number of the
    place in the user's code that led to it, in order of appearance.
    """
    name = normal_name(tuple(header["path"].split("/")))
    return name, header["stream"], header["occurrence"], header["origin"]


def _by_name(left: Tree, right: Tree) -> Rung:
    matches = _unique_matches(
        {path: (normal_name(path), shape) for path, shape in left.items()},
        {path: (normal_name(path), shape) for path, shape in right.items()},
    )
    return [Pair(one, other, "name") for one, other in matches]


def _fused(left: Tree, right: Tree) -> Rung:
    """The gates of a recurrent cell, one leaf each before, side by side in one leaf after."""
    pairs = []
    for path, shape in right.items():
        gates = CELLS.get(normal_name(path[-2:-1]), ())
        parts = [_gate(left, path, gate, (*shape[:-1], shape[-1] // 4)) for gate in gates if shape]
        if parts and all(part is not None for part in parts):
            pairs += [Pair(part, path, "fused", at, 4) for at, part in enumerate(parts) if part is not None]
    return pairs


def _gate(left: Tree, fused: Path, gate: str, shape: Shape) -> Path | None:
    """The leaf of one gate: in the module of the same name if there is one, or else the only one."""
    found = [
        path
        for path, own in left.items()
        if path[-1] == fused[-1] and normal_name(path[-2:-1]) == gate and own == shape
    ]
    named = [path for path in found if normal_name(path[:-2]) == normal_name(fused[:-2])]
    best = named or found
    return best[0] if len(best) == 1 else None


def _reshaped(left: Tree, right: Tree) -> Rung:
    """Leaves of the same name and number of elements whose shape differs."""
    matches = _unique_matches(
        {path: (normal_name(path), prod(shape)) for path, shape in left.items()},
        {path: (normal_name(path), prod(shape)) for path, shape in right.items()},
    )
    return [Pair(one, other, "reshaped") for one, other in matches]


def _by_suffix(left: Tree, right: Tree) -> Rung:
    """Leaves whose last names agree, the longest agreement first, where that leaves one choice."""
    pairs: list[Pair] = []
    ours, theirs = dict(left), dict(right)
    for length in range(max((len(path) for path in left), default=0), 1, -1):
        found = _unique_matches(
            {path: (_tail(path, length), shape) for path, shape in ours.items() if len(path) >= length},
            {path: (_tail(path, length), shape) for path, shape in theirs.items() if len(path) >= length},
        )
        for one, other in found:
            pairs.append(Pair(one, other, "suffix"))
            del ours[one], theirs[other]
    return pairs


def _tail(path: Path, length: int) -> tuple[str, ...]:
    names = (normal_name((part,)) for part in path[-length:])
    return tuple(RENAMED.get(name, name) for name in names)


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


def _by_module(left: Tree, right: Tree) -> Rung:
    """Whole layers whose set of leaf names and shapes occurs once on each side."""
    ours, theirs = _modules(left), _modules(right)
    matches = _unique_matches(
        {path: _roles(module) for path, module in ours.items()},
        {path: _roles(module) for path, module in theirs.items()},
    )
    return [
        Pair(*leaves, "module") for one, other in matches for leaves in _leaf_pairs(ours[one], theirs[other])
    ]


def _by_leaf(left: Tree, right: Tree) -> Rung:
    """Leaves of layers that gained or lost another leaf: the last name and the shape, each once."""
    matches = _unique_matches(
        {path: (normal_name(path[-1:]), shape) for path, shape in left.items()},
        {path: (normal_name(path[-1:]), shape) for path, shape in right.items()},
    )
    return [Pair(one, other, "leaf") for one, other in matches]


def _by_order(left: Tree, right: Tree) -> Rung:
    """Layers of equal leaf names and shapes, in the order in which they were created."""
    ours, theirs = _modules(left), _modules(right)
    groups = _invert({path: _roles(module) for path, module in theirs.items()})
    pairs = []
    for roles, paths in _invert({path: _roles(module) for path, module in ours.items()}).items():
        if len(paths) == len(groups.get(roles, ())):
            for one, other in zip(paths, groups[roles], strict=True):
                pairs += [Pair(*leaves, "order") for leaves in _leaf_pairs(ours[one], theirs[other])]
    return pairs
