"""Reading files, and passing on only those that can concern us."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.project.discovery import Discovery

if TYPE_CHECKING:
    from migrate.project.encoding import Source
    from migrate.result import Finding

MENTION = b"flax"


@dataclass(frozen=True)
class Batch:
    """What was read of `scanned` files, and what failed.

    `sources` are the files that mention Flax, `mentioning` of them, and those that import them or that they
    import; `others` were named too and are not looked into.
    """

    scanned: int
    mentioning: int
    sources: Mapping[str, Source]
    findings: tuple[Finding, ...]
    others: tuple[str, ...] = ()

    @property
    def texts(self) -> dict[str, str]:
        """The text of each source by its path."""
        return {path: source.text for path, source in self.sources.items()}

    def including(self, paths: Collection[str]) -> Batch:
        """With those of `others` that are among `paths`; one that fails is passed over."""
        sources = {**self.sources}
        for path in self.others:
            if path in paths:
                _decode_into(sources, [], path, Path(path).read_bytes())
        others = tuple(path for path in self.others if path not in sources)
        return replace(self, sources=sources, others=others)


def read_batch(discovery: Discovery) -> Batch:
    """Read each file; what cannot be read or decoded becomes a finding, and the others go on."""
    found = {path: _bytes_or_finding(path) for path in discovery.files}
    unlisted = [_unreadable(path, reason) for path, reason in discovery.unlisted]
    return _batch(found, unlisted)


def read_standard_input(data: bytes, path: str) -> Batch:
    """Take `data` for the contents of `path`."""
    return _batch({path: data}, [])


def _batch(found: Mapping[str, bytes | Finding], unlisted: Sequence[Finding]) -> Batch:
    sources: dict[str, Source] = {}
    findings = list(unlisted)
    for path, data in found.items():
        if not isinstance(data, bytes):
            findings.append(data)
        elif MENTION in data:
            _decode_into(sources, findings, path, data)
    mentioning = len(sources)
    others = [path for path, data in found.items() if data == b""]
    if sources:
        _read_neighbours(sources, others)
    unread = tuple(path for path in others if path not in sources)
    return Batch(len(found), mentioning, sources, tuple(findings), unread)


def _read_neighbours(sources: dict[str, Source], others: Sequence[str]) -> None:
    """Add the files that import those in `sources` or that they import; what fails is passed over."""
    from migrate.relevance import connected

    read: dict[str, Source] = {}

    def text_of(path: str) -> str:
        if path in sources:
            return sources[path].text
        if path not in read:
            _decode_into(read, [], path, Path(path).read_bytes())
        return read[path].text if path in read else ""

    wanted = connected([*sources], others, text_of)
    sources |= {path: read[path] for path in wanted if path in read}


def _bytes_or_finding(path: str) -> bytes | Finding:
    """Return the bytes of a file that mentions Flax, none for one that does not, a finding on failure."""
    if path.endswith(".ipynb"):
        return _unreadable(path, "notebooks are not migrated; export its code to a .py file and name that")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return _unreadable(path, error.strerror or str(error))
    return data if MENTION in data else b""


def _decode_into(sources: dict[str, Source], findings: list[Finding], path: str, data: bytes) -> None:
    from migrate.project.encoding import DecodingError, decode

    try:
        sources[path] = decode(data)
    except DecodingError as error:
        findings.append(_unreadable(path, str(error), error.line))


def _unreadable(path: str, reason: str, line: int = 1) -> Finding:
    from migrate.syntax import unreadable

    return unreadable(path, reason, line)
