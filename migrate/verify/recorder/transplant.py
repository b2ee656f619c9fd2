"""Initial values of the Linen run, put into each NNX model at the end of its construction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path as File
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from . import wire
from .calls import FILLED, stamp
from .context import user_site
from .leafmap import LeafMap, Path, Shape, pair_leaves
from .modules import model_variables, submodules
from .session import Session
from .trees import is_traced
from .wire import Array


class Donor:
    """The variables of one Linen `init`, collections merged, in creation order."""

    def __init__(self, index: int, record: wire.Record) -> None:
        arrays = record.group("variables")
        ranks = {tuple(path): rank for rank, path in enumerate(record.header["order"])}
        ordered = sorted(arrays, key=lambda path: ranks.get(path, len(ranks)))
        self.index = index
        self.segment: int = record.header["segment"]
        self.lanes: int = record.header["lanes"]
        self.arrays: dict[Path, Array] = {path[1:]: arrays[path] for path in ordered}
        self.shapes: dict[Path, Shape] = {p: a.shape[self.lanes :] for p, a in self.arrays.items()}
        self.dtypes = {leaf.path[1:]: leaf.dtype for leaf in record.leaves}
        self.used = False

    def value(self, found: LeafMap, path: Path, drawn: Array) -> Array:
        """The donor's value for one leaf after, gates put side by side, in the leaf's own shape."""
        parts = sorted((pair for pair in found.pairs if pair.after == path), key=lambda pair: pair.part)
        whole = np.concatenate([self.arrays[pair.before] for pair in parts], axis=-1) if parts[1:] else None
        value = self.arrays[parts[0].before] if whole is None else whole
        return value.astype(drawn.dtype).reshape(drawn.shape)

    @property
    def size(self) -> int:
        return sum(prod(shape) for shape in self.shapes.values())


class Transplant:
    """Which Linen initialisation went into which NNX model; each is used once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        source = session.settings.transplant
        found = [r for r in wire.records(File(source)) if r.kind == "init"] if source else []
        numbers = session.settings.networks
        order = [*numbers, *(index for index in range(len(found)) if index not in numbers)]
        self.donors = [Donor(index, found[index]) for index in order if index < len(found)]
        self.given = {
            tuple(one.split("/")): tuple(other.split("/")) for one, other in session.settings.leaf_map.items()
        }
        self.drawn: dict[str, Donor] = {}

    def into(self, module: Any) -> None:
        """Fill a model from the first unused initialisation that fits, or else its submodules."""
        if not self._into(module):
            stamp(module)

    def _into(self, module: Any) -> bool:
        variables = model_variables(module)
        if not variables or _is_around(module, variables):
            return False
        maps = self._fitting(variables)
        if maps:
            self._fill(module, variables, maps)
            return True
        inner = [self._into(child) for child in submodules(module)]
        if not any(inner):
            self._report(module, variables, None, None)
        return any(inner)

    def _fitting(self, variables: Mapping[Path, Any]) -> dict[int, LeafMap]:
        """Complete maps from donors of equal leaves; the certain ones shut out the weaker ones."""
        shapes = {path: tuple(v.get_raw_value().shape) for path, v in variables.items()}
        maps = {
            donor.index: pair_leaves(donor.shapes, shapes, self.given)
            for donor in self.donors
            if donor.size == sum(prod(shape) for shape in shapes.values())
        }
        complete = {index: found for index, found in maps.items() if found.complete}
        named = {index: found for index, found in complete.items() if found.certain}
        return named or complete

    def _fill(self, module: Any, variables: Mapping[Path, Any], maps: Mapping[int, LeafMap]) -> None:
        fresh = [variable.get_raw_value() for variable in variables.values()]
        paths = list(variables)
        site = user_site()

        traced = is_traced(fresh)

        def pick(*drawn: Array) -> list[Array]:
            lanes = drawn[0].ndim - len(fresh[0].shape)
            donor = self._next(maps, lanes, drawn, traced)
            found = maps.get(donor.index) if donor else None
            self._report(module, variables, donor, found, site, self._rivals(maps, lanes))
            if donor is None:
                return [np.asarray(array) for array in drawn]
            return [
                donor.value(maps[donor.index], path, array) for path, array in zip(paths, drawn, strict=True)
            ]

        if traced:
            specs = [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in fresh]
            values = jax.pure_callback(
                lambda *drawn: pick(*(np.asarray(array) for array in drawn)),
                specs,
                *fresh,
                vmap_method="broadcast_all",
            )
        else:
            values = [jnp.asarray(value) for value in pick(*(np.asarray(value) for value in fresh))]
        for variable, value in zip(variables.values(), values, strict=True):
            variable.set_raw_value(value)
        stamp(module)
        for _, node in nnx.iter_graph(module):
            if isinstance(node, nnx.Module):
                setattr(node, FILLED, True)

    def _next(
        self, maps: Mapping[int, LeafMap], lanes: int, drawn: tuple[Array, ...], traced: bool
    ) -> Donor | None:
        """The next unused donor; traced code may run twice, so its drawn values are recognised."""
        digest = hashlib.sha1(b"".join(array.tobytes() for array in drawn)).hexdigest()
        free = [donor for donor in self._fit(maps, lanes) if not donor.used]
        if free and not (traced and digest in self.drawn):
            free[0].used = True
            self.drawn[digest] = free[0]
        return self.drawn.get(digest)

    def _fit(self, maps: Mapping[int, LeafMap], lanes: int) -> list[Donor]:
        segment = self.session.segment
        return [d for d in self.donors if d.index in maps and d.lanes == lanes and d.segment == segment]

    def _rivals(self, maps: Mapping[int, LeafMap], lanes: int) -> list[int]:
        """All initialisations that fit as well, used or not."""
        return sorted(donor.index for donor in self._fit(maps, lanes))

    def _report(
        self,
        module: Any,
        variables: Mapping[Path, Any],
        donor: Donor | None,
        found: LeafMap | None,
        site: dict[str, Any] | None = None,
        rivals: Iterable[int] = (),
    ) -> None:
        leaves = [
            [list(path), list(v.get_raw_value().shape), str(v.get_raw_value().dtype)]
            for path, v in variables.items()
        ]
        pairs = [[list(pair.before), list(pair.after), pair.how] for pair in found.pairs] if found else []
        header = {
            "kind": "construct",
            "module": type(module).__qualname__,
            "donor": donor.index if donor else None,
            "rivals": list(rivals),
            "pairs": pairs,
            "table": leaves,
            "site": site or user_site(),
        }
        self.session.write(header, [])


def _is_around(module: Any, variables: Mapping[Path, Any]) -> bool:
    """Whether a traced call only puts layers of a model together: `nnx.Sequential(self.Dense_0)`."""
    inner = submodules(module)
    own = any(isinstance(value, nnx.Variable) for value in vars(module).values())
    filled = bool(inner) and not own and all(hasattr(child, FILLED) for child in inner)
    return filled and is_traced([variable.get_raw_value() for variable in variables.values()])
