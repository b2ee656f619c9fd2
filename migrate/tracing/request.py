"""`--trace FILE:CALL`: the call is evaluated in a child process, and its sizes come back by place."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.result import Place

CHILD = Path(__file__).parent / "child.py"
FORM = re.compile(r"(?P<file>.+?\.py):(?P<call>.+)", re.DOTALL)


def traced(wanted: str, paths: Iterable[str]) -> Mapping[Place, int]:
    """The last axis of what reaches each layer of `paths`, by the place of the call that builds it.

    Raises `UsageError` where `wanted` is not of the form `FILE:CALL`, or the call fails. A layer that several
    sizes reach has none.
    """
    match = FORM.fullmatch(wanted)
    if match is None:
        raise UsageError(f"--trace {wanted}: give a file and a call, as train.py:create_state(key)")
    file = Path(match["file"])
    if not file.is_file():
        raise UsageError(f"--trace: {file} is no file")
    named = {str(Path(path).resolve()): path for path in paths}
    sizes: dict[Place, int] = {}
    for (path, *rest), shapes in _evaluated(file, match["call"].strip()):
        last = {shape[-1] for shape in shapes if shape}
        if path in named and len(last) == 1:
            sizes[Place(named[path], *rest)] = last.pop()
    return sizes


def _evaluated(file: Path, call: str) -> list[tuple[Any, list[list[int]]]]:
    """For each layer that the call builds: its place, and the shapes that reach it."""
    with tempfile.TemporaryDirectory(prefix="linen2nnx-trace-") as name:
        out = Path(name) / "sizes.json"
        command = [sys.executable, str(CHILD), str(file.resolve()), call, str(out)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0 or not out.exists():
            last = (done.stderr.strip().splitlines() or ["it ended without a result"])[-1]
            raise UsageError(f"--trace: {file}: {call} failed: {last}")
        found: list[tuple[Any, list[list[int]]]] = json.loads(out.read_text(encoding="utf-8"))
        return found
