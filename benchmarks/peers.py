"""The scratch environments that the compared tools live in."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OURS = ("libcst>=1.8", "pathspec>=0.12")
PEERS = ("pyupgrade", "bump-pydantic", "torchfix")


class InstallFailed(Exception):
    """A package cannot be installed; the message is pip's last line."""


@dataclass(frozen=True)
class Environments:
    """The `bin` directory of each tool that could be installed, and why the others could not."""

    ours: Path
    peers: dict[str, Path]
    missing: dict[str, str]


def prepare(folder: Path) -> Environments:
    """Make one virtual environment a tool below `folder`, or use those that are there.

    They are apart because the peers pin other versions of LibCST. Raises InstallFailed where not even our
    own dependencies can be had.
    """
    peers: dict[str, Path] = {}
    missing: dict[str, str] = {}
    for peer in PEERS:
        try:
            peers[peer] = _environment(folder / peer, (peer,))
        except InstallFailed as failure:
            missing[peer] = str(failure)
    return Environments(_environment(folder / "linen2nnx", OURS), peers, missing)


def _environment(folder: Path, requirements: tuple[str, ...]) -> Path:
    """Return the `bin` directory of an environment with `requirements`; raises InstallFailed."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise InstallFailed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return python.parent


def versions(environments: Environments) -> str:
    """What is compared, with its version and that of its LibCST, as one line."""
    parts = [f"LibCST {_version(environments.ours, 'libcst')}"]
    for peer, folder in environments.peers.items():
        libcst = _version(folder, "libcst")
        own = f"{peer} {_version(folder, peer)}"
        parts.append(f"{own} (LibCST {libcst})" if libcst else own)
    return ", ".join(parts)


def _version(folder: Path, package: str) -> str:
    command = [str(folder / "python"), "-m", "pip", "show", package]
    shown = subprocess.run(command, capture_output=True, text=True).stdout
    return next((line.split()[1] for line in shown.splitlines() if line.startswith("Version:")), "")
