"""Rewritten files that do not stand: they must compile, define what they use, and name what Flax has."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from migrate.syntax import parse

CHECKS = "F401,F811,F821,F822,F823,F841"
LIBRARIES = ("flax", "jax", "optax")


@dataclass(frozen=True, order=True)
class Fault:
    """Something that is wrong with a rewritten file and was not wrong before."""

    path: str
    line: int
    message: str


def faults(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Fault, ...]:
    """Everything that the rewrite of `before` to `after`, maps from path to text, has broken."""
    broken = {path: fault for path, text in after.items() for fault in _syntax(path, text)}
    whole = {path: text for path, text in after.items() if path not in broken}
    found = [*broken.values(), *_new_complaints(before, whole), *_unknown_names(before, whole)]
    return tuple(sorted(found))


def _syntax(path: str, text: str) -> Iterator[Fault]:
    try:
        compile(parse(text), path, "exec")
    except (SyntaxError, ValueError) as error:
        yield Fault(path, getattr(error, "lineno", None) or 1, f"does not compile: {error}")


def _new_complaints(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Fault]:
    """Undefined and unused names that the linter finds after and not before."""
    if not after:
        return
    known = Counter((fault.path, fault.message) for fault in _complaints({p: before[p] for p in after}))
    for fault in _complaints(after):
        known[fault.path, fault.message] -= 1
        if known[fault.path, fault.message] < 0 and not _names_a_call(after[fault.path], fault):
            yield fault


def _names_a_call(text: str, fault: Fault) -> bool:
    """Whether the name that nothing reads is that of a call, which may do more than give a value."""
    lines = [n for n in ast.walk(parse(text)) if isinstance(n, ast.Assign) and n.lineno == fault.line]
    unused = fault.message.endswith("is assigned to but never used")
    return unused and any(isinstance(statement.value, ast.Call) for statement in lines)


def _complaints(texts: Mapping[str, str]) -> list[Fault]:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa"]
    with tempfile.TemporaryDirectory(prefix="linen2nnx-corpus-") as name:
        root = Path(name).resolve()
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="")
        options = ["--select", CHECKS, "--output-format", "json", "--exit-zero", str(root)]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    return [
        Fault(Path(each["filename"]).relative_to(root).as_posix(), each["location"]["row"], each["message"])
        for each in json.loads(done.stdout)
    ]


def _unknown_names(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Fault]:
    """Names of Flax, JAX and Optax that were written and do not exist in what is installed."""
    for path, text in after.items():
        known = {name for _, name in _library_names(before[path])}
        for line, name in _library_names(text):
            if name not in known and not _exists(name):
                yield Fault(path, line, f"`{name}` does not exist")


def _library_names(text: str) -> Iterator[tuple[int, str]]:
    """Every dotted name that starts at an import of one of the libraries, with its line."""
    roots: dict[str, str] = {}
    nodes = list(ast.walk(parse(text)))
    for node in nodes:
        if isinstance(node, ast.Import):
            roots |= {a.asname or a.name.partition(".")[0]: _bound(a) for a in node.names if _is_ours(a.name)}
        elif isinstance(node, ast.ImportFrom) and not node.level and _is_ours(node.module or ""):
            for alias in node.names:
                roots[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.{alias.name}"
    for node in nodes:
        if isinstance(node, ast.Attribute):
            first, _, rest = _dotted(node).partition(".")
            if first in roots:
                yield node.lineno, f"{roots[first]}.{rest}"


def _bound(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in LIBRARIES


def _dotted(node: ast.expr) -> str:
    """The name that a chain of attributes spells, nothing for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    inner = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else ""


@functools.cache
def _exists(name: str) -> bool:
    """Whether a name can be reached; attributes of anything but modules are taken for granted."""
    first, *rest = name.split(".")
    value: object = importlib.import_module(first)
    path = first
    for part in rest:
        if not isinstance(value, ModuleType):
            return True
        path = f"{path}.{part}"
        if not hasattr(value, part) and not _imports(path):
            return False
        value = getattr(value, part)
    return True


def _imports(path: str) -> bool:
    try:
        importlib.import_module(path)
    except ImportError:
        return False
    return True
