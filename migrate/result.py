"""What the core returns: plain data that every report and command reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Fix = Literal["automatic", "bridge", "manual", "none"]
Status = Literal["migrated", "bridged", "untouched"]
Style = Literal["functional", "stateful"]


class Place(NamedTuple):
    """Where an expression begins and ends in a file, as `ast` counts lines and columns."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, order=True)
class Importer:
    """A line of another file that imports a file; `names` is empty where the whole module is bound."""

    path: str
    line: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """What the caller may choose, and what it knows of the files that are not among the sources.

    `bridge` allows to wrap Linen modules that cannot be rewritten. `imported_by` maps a path of the sources
    to the lines of other files that import it. `traced` has the size of the last axis of what reaches a
    layer, by the place of the call that builds it.
    """

    style: Style = "functional"
    bridge: bool = True
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    imported_by: Mapping[str, tuple[Importer, ...]] = field(default_factory=dict)
    traced: Mapping[Place, int] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to say about one place; `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    code: str
    message: str
    fix: Fix = "none"
    component: str | None = None


@dataclass(frozen=True)
class Component:
    """A training component: what is migrated whole, bridged whole or left alone.

    `paths` are variables of its Linen models with their places in the NNX models.
    """

    id: str
    path: str
    line: int
    status: Status
    plan: str
    modules: tuple[str, ...] = ()
    blockers: tuple[Finding, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SiteCount:
    """How many places of one kind were seen, and how many of them were rewritten."""

    found: int
    migrated: int


@dataclass(frozen=True)
class Result:
    """The outcome for a set of sources; `changed` holds only the texts that differ.

    `shared` are the paths from which other files could import what changes, or what needs their calls.
    """

    changed: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    components: tuple[Component, ...] = ()
    sites: Mapping[str, SiteCount] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
