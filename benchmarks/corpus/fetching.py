"""Archives out of the package index that pip is configured for, kept unpacked in a cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from benchmarks.corpus.distributions import Distribution

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries=1", "--timeout=15", "download")
TIMEOUT = 300.0


class Unavailable(Exception):
    """A distribution can be neither downloaded nor found in the cache; the message is pip's last line."""


class WrongContents(Exception):
    """An archive is not the one that was pinned."""


def default_cache() -> Path:
    """Where archives are kept unless the caller says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "linen2nnx" / "corpus"


def fetch(distribution: Distribution, cache: Path) -> Path:
    """Return the directory of the unpacked distribution, downloading it once.

    Raises Unavailable without the package index, WrongContents where the archive has another sha256.
    """
    folder = cache / f"{distribution.name}-{distribution.version}-{distribution.sha256[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as name:
            scratch = Path(name)
            archive = _downloaded(distribution, scratch / "archive")
            _check(distribution, archive)
            _unpack(archive, scratch / "files")
            _keep(scratch / "files", folder)
    return folder / distribution.folder


def _keep(files: Path, folder: Path) -> None:
    """Move what was unpacked to its place, unless another process was faster."""
    try:
        files.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _downloaded(distribution: Distribution, folder: Path) -> Path:
    """Let pip fetch one archive; it reads the metadata of a source archive, but installs nothing."""
    kind = ("--no-binary", distribution.name) if distribution.from_source else ("--only-binary", ":all:")
    options = ("--quiet", "--no-deps", "--ignore-requires-python", "--dest", str(folder))
    command = [*PIP, *kind, *options, distribution.requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{distribution.requirement}: no answer within {TIMEOUT:g} s") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise Unavailable(f"{distribution.requirement}: {reason}")
    (archive,) = folder.iterdir()
    return archive


def _check(distribution: Distribution, archive: Path) -> None:
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != distribution.sha256:
        raise WrongContents(f"{archive.name} has sha256 {found}, pinned is {distribution.sha256}")


def _unpack(archive: Path, target: Path) -> None:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target)
    else:
        with tarfile.open(archive) as source:
            source.extractall(target, filter="data")
