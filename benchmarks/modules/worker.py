"""`python -m benchmarks.modules.worker BEFORE AFTER SETTINGS < cases`: compare classes, one line each."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import io
import json
import logging
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.modules import stubs
from benchmarks.modules.asking import Notes, annotation
from benchmarks.modules.comparison import verdict
from benchmarks.modules.guesses import Unguessed
from benchmarks.programs.support.older_libraries import clip_with_old_names

SECONDS = 60
"""Of the processor's time, for one class."""
MEMORY = 12 << 30
"""Bytes, for all classes of a folder."""


def main() -> None:
    """Compare what standard input names; what the programs print is swallowed.

    Loggers get a method that transformers adds to them in a statement that binds no name.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    clip_with_old_names()
    logging.Logger.warning_once = logging.Logger.warning  # type: ignore[attr-defined]
    before, after, configurations = sys.argv[1:4]
    cases = [(path, name) for path, name in json.load(sys.stdin)]
    sys.meta_path.append(stubs.Finder(Path(before)))
    old = _loaded(before, cases)
    new = _loaded(after, cases)
    notes = {
        case: Notes(_annotated(configurations, case[0], cls), _call(Path(before, case[0]), case[1]))
        for case, cls in old.items()
    }
    for path, name in cases:
        case = path, name
        with contextlib.redirect_stdout(io.StringIO()):
            found, detail = _limited(old.get(case), new.get(case), notes[case])
        print(json.dumps([path, name, found, " ".join(detail.split())[:300]]), flush=True)


def _call(file: Path, name: str) -> ast.FunctionDef | None:
    """The `__call__` of a class, as it is written."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name == name:
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
            return next((each for each in methods if each.name == "__call__"), None)
    return None


def _annotated(root: str, path: str, cls: Any) -> Mapping[str, Any]:
    """The classes that the fields of a module are annotated with, by how they are written."""
    if isinstance(cls, str) or not Path(root, path).exists():
        return {}
    names = [annotation(field) for field in dataclasses.fields(cls)]
    found = _loaded(root, [(path, name) for name in names if name.isidentifier()])
    return {name: value for (_, name), value in found.items()}


def _loaded(root: str, cases: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """The classes as they are below `root`; the modules are forgotten afterwards."""
    finder = stubs.Sources(Path(root))
    sys.meta_path.insert(0, finder)
    found: dict[tuple[str, str], Any] = {}
    known = set(sys.modules)
    for path, name in cases:
        dotted = ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")
        try:
            cls = getattr(importlib.import_module(dotted), name)
        except Exception as error:
            cls = f"{type(error).__name__}: {error}"
        found[path, name] = finder.failures.get((dotted, name), cls)
    for module in set(sys.modules) - known:
        loader = getattr(sys.modules[module].__spec__, "loader", None)
        if isinstance(loader, (stubs.Sources, stubs.Finder)):
            del sys.modules[module]
    sys.meta_path.remove(finder)
    return found


def _limited(old: Any, new: Any, notes: Notes) -> tuple[str, str]:
    def late(*_: Any) -> None:
        raise TimeoutError("took too long")

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return verdict(old, new, notes)
    except Unguessed as error:
        return "not built", str(error)
    except TimeoutError as error:
        return "not built", str(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    main()
