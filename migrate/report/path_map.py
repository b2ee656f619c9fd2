"""The file that `migrate --path-map` writes: TOML, as `verify --leaf-map` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrate.errors import UsageError

HEAD = """\
# Variables of the Linen models, collections left out, and their places in the NNX models.
# Layers that a loop builds are not listed: they keep their names too.

[leaves]
"""


def write_path_map(file: Path, paths: Mapping[str, str]) -> None:
    """Write every pair, sorted; raises UsageError where the file cannot be written."""
    lines = [f'"{one}" = "{other}"\n' for one, other in sorted(paths.items())]
    try:
        file.write_text(HEAD + "".join(lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
