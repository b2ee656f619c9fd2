"""What a directory walk leaves out: well-known directories, .gitignore files, the `exclude` patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_VERSION_CONTROL = {".bzr", ".git", ".hg", ".svn"}
_ENVIRONMENTS = {".direnv", ".eggs", ".nox", ".tox", ".venv", "node_modules", "site-packages", "venv"}
_CACHES = {".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".pytype", ".ruff_cache", "__pycache__"}
_PRODUCTS = {"__pypackages__", "_build", "build", "dist"}
EXCLUDED_DIRECTORIES = frozenset(_VERSION_CONTROL | _ENVIRONMENTS | _CACHES | _PRODUCTS)


@dataclass(frozen=True)
class Patterns:
    """Patterns in the manner of .gitignore, relative to the directory `base`."""

    base: Path
    spec: GitIgnoreSpec

    def verdict(self, path: Path, directory: bool) -> bool | None:
        """Tell whether `path` is left out; None where no pattern speaks about it."""
        if not path.is_relative_to(self.base):
            return None
        name = path.relative_to(self.base).as_posix()
        return self.spec.check_file(f"{name}/" if directory else name).include


def compile_patterns(base: Path, lines: Iterable[str]) -> tuple[Patterns, ...]:
    """Return the patterns of `lines`, none where there are no lines."""
    lines = tuple(lines)
    if not lines:
        return ()
    from pathspec import GitIgnoreSpec

    return (Patterns(base, GitIgnoreSpec.from_lines(lines)),)


def read_gitignore(directory: Path) -> tuple[Patterns, ...]:
    """Return the patterns of `directory`/.gitignore, none where it is missing or cannot be read."""
    try:
        text = (directory / ".gitignore").read_text("utf-8", "replace")
    except OSError:
        return ()
    return compile_patterns(directory, text.splitlines())


def inherited_gitignore(directory: Path) -> tuple[Patterns, ...]:
    """Return the patterns of the .gitignore files above `directory`, up to the root of its repository.

    They count for nothing where they leave out `directory` itself: whoever names it wants to see inside.
    """
    if (directory / ".git").exists():
        return ()
    patterns: list[Patterns] = []
    for parent in directory.parents:
        patterns[:0] = read_gitignore(parent)
        if (parent / ".git").exists():
            above = [directory, *(p for p in directory.parents if p.is_relative_to(parent) and p != parent)]
            return () if any(is_ignored(each, True, patterns) for each in above) else tuple(patterns)
    return ()


def is_ignored(path: Path, directory: bool, patterns: Iterable[Patterns]) -> bool:
    """Decide by the last of `patterns` that speaks about `path`."""
    said = list(_verdicts(path, directory, patterns))
    return said[-1] if said else False


def _verdicts(path: Path, directory: bool, patterns: Iterable[Patterns]) -> Iterator[bool]:
    for each in patterns:
        if (verdict := each.verdict(path, directory)) is not None:
            yield verdict
