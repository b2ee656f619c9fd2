"""The files of one project, as the engine and the search for importers take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.project.encoding import DecodingError, decode
from migrate.project.importers import find_importers
from migrate.project.reading import MENTION
from migrate.relevance import connected
from migrate.result import Importer


@dataclass(frozen=True)
class Project:
    """Texts by their path below the root: `sources` mention Flax or are near, `texts` are all of them."""

    name: str
    sources: Mapping[str, str]
    texts: Mapping[str, str]

    def importers(self, changed: Iterable[str]) -> Mapping[str, tuple[Importer, ...]]:
        """Which lines of the project import the files in `changed`."""
        return find_importers(list(changed), self.texts, self.texts)


def read_project(name: str, root: Path, pattern: str = "*.py", near: bool = True) -> Project:
    """Read the Python files below `root`; those that cannot be decoded are left out.

    With `near`, files without a mention of Flax are sources too where they are tied to the others.
    """
    texts: dict[str, str] = {}
    sources: dict[str, str] = {}
    for path in sorted(root.rglob("*.py")):
        data = path.read_bytes()
        shown = path.relative_to(root).as_posix()
        try:
            texts[shown] = decode(data).text
        except DecodingError:
            continue
        if MENTION in data and path.match(pattern):
            sources[shown] = texts[shown]
    others = [path for path in texts if path not in sources] if near else []
    sources |= {path: texts[path] for path in connected(sources, others, texts.__getitem__)}
    return Project(name, sources, texts)
