"""Writing new texts over files, all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from migrate.errors import UsageError
from migrate.project.encoding import Source


def write_all(texts: Mapping[str, str], sources: Mapping[str, Source]) -> None:
    """Replace each file of `texts` atomically, keeping its encoding, BOM and mode; links are followed.

    Everything is written beside its target first, so that a failure leaves all files as they were.
    Raises UsageError for a file that changed since it was read, or that cannot be written.
    """
    with ExitStack() as cleanup:
        staged = [_stage(path, texts[path], sources[path], cleanup) for path in sorted(texts)]
        for temporary, target in staged:
            temporary.replace(target)


def _stage(path: str, text: str, source: Source, cleanup: ExitStack) -> tuple[Path, Path]:
    target = Path(path).resolve()
    try:
        data = source.encode(text)
        if target.read_bytes() != source.encode(source.text):
            raise UsageError(f"{path} changed while it was being migrated; nothing was written, run it again")
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        cleanup.callback(temporary.unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        shutil.copymode(target, temporary)
    except UnicodeEncodeError as error:
        raise UsageError(f"cannot write {path} as {source.encoding}: {error.reason}") from error
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; nothing was written") from error
    return temporary, target
