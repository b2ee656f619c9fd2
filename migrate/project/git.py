"""What git knows about files that are about to be written."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from migrate.errors import UsageError


def repository_root(path: Path) -> Path | None:
    """Return the directory with .git at or above `path`, None outside of a repository."""
    absolute = path.absolute()
    return next((each for each in (absolute, *absolute.parents) if (each / ".git").exists()), None)


def uncommitted(paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that git could not bring back: modified, staged or untracked.

    A file outside of a repository, or one that git ignores, is not under its care and is left out.
    """
    return [path for path in paths if (root := repository_root(_real(path).parent)) and _is_dirty(path, root)]


def _real(path: str) -> Path:
    return Path(path).resolve()


def _is_dirty(path: str, root: Path) -> bool:
    status = ("status", "--porcelain", "--untracked-files=all")
    command = ["git", "-C", str(root), *status, "--", str(_real(path))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UsageError(f"cannot ask git about {path}: {error.strerror}; {_HINT}") from error
    if done.returncode:
        raise UsageError(f"cannot ask git about {path}: {done.stderr.strip()}; {_HINT}")
    return bool(done.stdout.strip())


_HINT = "commit your work and add --allow-dirty to write all the same"
