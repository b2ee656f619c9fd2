"""Making small directories."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


def make_tree(root: Path, files: Mapping[str, str]) -> None:
    """Write each text of `files` below `root`."""
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())


def git(root: Path, *arguments: str) -> str:
    """Run git in `root` as a person without any configuration; raises on failure."""
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    command = ["git", "-C", str(root), *identity, "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def make_repository(root: Path, files: Mapping[str, str]) -> None:
    """Make a git repository with `files` committed."""
    make_tree(root, files)
    git(root, "init", "-q")
    git(root, "add", "-A", "-f")
    git(root, "commit", "-q", "-m", "Start")
