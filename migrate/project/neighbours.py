"""The other Python files of a project, read from the disk to see which of them import a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from migrate.project.discovery import walk
from migrate.project.encoding import DecodingError, decode
from migrate.project.git import repository_root
from migrate.project.importers import find_importers, mention_pattern
from migrate.result import Importer

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


def importers_on_disk(changed: Iterable[str], named: Iterable[str] = ()) -> dict[str, tuple[Importer, ...]]:
    """Map each of `changed` to the lines of other files that import it: of its project, and those `named`."""
    others = {str(Path(path).resolve()) for path in named}
    absolute = {str(Path(path).resolve()): path for path in changed}
    found: dict[str, tuple[Importer, ...]] = {}
    for root in sorted({project_root(Path(path)) for path in absolute}):
        inside = [path for path in absolute if Path(path).is_relative_to(root)]
        for path, importers in _importers_below(root, inside, others).items():
            shown = (Importer(_shown(i.path), i.line, i.names) for i in importers)
            found[absolute[path]] = tuple(sorted(shown))
    return found


def project_root(path: Path) -> Path:
    """Return the repository of a file, else its nearest project file's directory, else above its package."""
    repository = repository_root(path.parent)
    if repository:
        return repository
    for parent in path.parents:
        if any((parent / name).exists() for name in _PROJECT_FILES):
            return parent
    return next(parent for parent in path.parents if not (parent / "__init__.py").exists())


def _importers_below(root: Path, changed: list[str], others: set[str]) -> dict[str, tuple[Importer, ...]]:
    known = sorted({*walk(root), *others})
    mentions = mention_pattern(changed)
    texts = {path: text for path in known for text in _text(path) if mentions(text)}
    return find_importers(changed, texts, known)


def _text(path: str) -> Iterator[str]:
    try:
        yield decode(Path(path).read_bytes()).text
    except (OSError, DecodingError):
        return


def _shown(path: str) -> str:
    here = Path.cwd()
    return os.path.relpath(path, here) if Path(path).is_relative_to(here) else path
