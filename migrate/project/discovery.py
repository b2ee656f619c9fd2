"""From the paths of a command line to the Python files that they mean."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import UsageError
from migrate.project.ignore import (
    EXCLUDED_DIRECTORIES,
    Patterns,
    compile_patterns,
    inherited_gitignore,
    is_ignored,
    read_gitignore,
)


@dataclass(frozen=True)
class Exclusion:
    """The `exclude` patterns, relative to `base`; `force` applies them to files that are named, too."""

    base: Path
    patterns: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True)
class Discovery:
    """The files to read, each once, and the directories that cannot be listed, with the reason."""

    files: tuple[str, ...]
    unlisted: tuple[tuple[str, str], ...] = ()


def discover(paths: Sequence[str], exclusion: Exclusion) -> Discovery:
    """Find the Python files at `paths`; a file that is named is taken whatever its suffix.

    Raises UsageError for a path that is not there and where directories hold no Python file at all.
    """
    _require_existing(paths)
    excluded = compile_patterns(exclusion.base, exclusion.patterns)
    files: dict[str, None] = {}
    unlisted: list[tuple[str, str]] = []
    directories = [path for path in paths if Path(path).is_dir()]
    for path in paths:
        if path in directories:
            files.update(dict.fromkeys(_walk_from(Path(path), excluded, unlisted)))
        elif not (exclusion.force and is_force_excluded(path, exclusion)):
            files[os.path.normpath(path)] = None
    if directories and not files and not unlisted and len(directories) == len(paths):
        raise UsageError(f"no Python file in {', '.join(directories)}; name a file or another directory")
    return Discovery(tuple(files), tuple(unlisted))


def is_force_excluded(path: str, exclusion: Exclusion) -> bool:
    """Tell whether a file that is named lies in an excluded directory or matches an `exclude` pattern."""
    absolute = Path(path).absolute()
    inside = absolute.relative_to(exclusion.base) if absolute.is_relative_to(exclusion.base) else Path(path)
    if not EXCLUDED_DIRECTORIES.isdisjoint(inside.parts[:-1]):
        return True
    return is_ignored(absolute, False, compile_patterns(exclusion.base, exclusion.patterns))


def walk(root: Path) -> Iterator[str]:
    """Yield the Python files below `root` that a command given `root` would read."""
    return _walk_from(root, (), [])


def _require_existing(paths: Sequence[str]) -> None:
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        raise UsageError(f"no such file or directory: {', '.join(missing)}")


def _walk_from(root: Path, excluded: tuple[Patterns, ...], unlisted: list[tuple[str, str]]) -> Iterator[str]:
    absolute = Path(os.path.normpath(root.absolute()))
    return _walk(os.path.normpath(root), absolute, inherited_gitignore(absolute), excluded, unlisted)


def _walk(
    shown: str,
    absolute: Path,
    inherited: tuple[Patterns, ...],
    excluded: tuple[Patterns, ...],
    unlisted: list[tuple[str, str]],
) -> Iterator[str]:
    """Yield files of one directory in the order of their names; links to directories are not followed."""
    ignored = (*inherited, *read_gitignore(absolute))
    try:
        with os.scandir(absolute) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        unlisted.append((shown, error.strerror or str(error)))
        return
    for entry in entries:
        name = entry.name if shown == "." else f"{shown.rstrip('/')}/{entry.name}"
        directory = entry.is_dir(follow_symlinks=False)
        if not ((directory and entry.name not in EXCLUDED_DIRECTORIES) or _is_python(entry)):
            continue
        here = absolute / entry.name
        if (ignored or excluded) and _left_out(here, directory, ignored, excluded):
            continue
        if directory:
            yield from _walk(name, here, ignored, excluded, unlisted)
        else:
            yield name


def _is_python(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".py") and entry.is_file()


def _left_out(
    path: Path, directory: bool, ignored: tuple[Patterns, ...], excluded: tuple[Patterns, ...]
) -> bool:
    return is_ignored(path, directory, ignored) or is_ignored(path, directory, excluded)
