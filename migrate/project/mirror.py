"""A stand-in for a directory in which some files have other contents and the rest are links."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def mirrored(root: Path, contents: Mapping[Path, bytes]) -> Iterator[Path]:
    """Yield a temporary directory that looks like `root`, but for `contents`, a map from paths below it.

    Bytecode caches are left out, so that Python writes none into `root` through a link.
    """
    with tempfile.TemporaryDirectory(prefix="linen2nnx-") as holder:
        copy = Path(holder) / (root.name or "root")
        _mirror(root, copy, {root / path: data for path, data in contents.items()})
        yield copy


def _mirror(original: Path, copy: Path, contents: Mapping[Path, bytes]) -> None:
    copy.mkdir()
    for entry in sorted(original.iterdir()):
        here = copy / entry.name
        if entry in contents:
            here.write_bytes(contents[entry])
            shutil.copymode(entry, here)
        elif any(path.is_relative_to(entry) for path in contents):
            _mirror(entry, here, contents)
        elif entry.name != "__pycache__":
            here.symlink_to(entry.absolute())
