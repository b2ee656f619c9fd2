"""The fixture pairs, found by glob, and what every one of them is held to."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.core import migrate_sources
from migrate.project.encoding import decode
from migrate.result import Options, Result, Style

FIXTURES = Path(__file__).parent.parent / "fixtures"
TARGETS: Mapping[Style, tuple[str, ...]] = {
    "functional": ("nnx",),
    "stateful": ("nnx_stateful", "nnx"),
}
PATH = "linen.py"
ENTRY = "train.py"
"""The file that is run, of a program that is a folder."""


@dataclass(frozen=True)
class Case:
    """A Linen program, a file or a folder, and what one style of the migration makes of it."""

    name: str
    style: Style
    before: Path
    after: Path

    @property
    def id(self) -> str:
        return f"{self.name}-{self.style}"

    @property
    def has_own_text(self) -> bool:
        """Whether this style's text is not that of another style."""
        return self.after.stem == TARGETS[self.style][0]


def cases() -> list[Case]:
    """Every case in every style, by name."""
    folders = sorted(folder for folder in FIXTURES.iterdir() if folder.is_dir())
    return [_case(folder, style) for folder in folders for style in TARGETS]


def _case(folder: Path, style: Style) -> Case:
    suffix = "" if (folder / "linen").is_dir() else ".py"
    targets = [folder / f"{name}{suffix}" for name in TARGETS[style]]
    after = next((target for target in targets if target.exists()), targets[-1])
    return Case(folder.name, style, folder / f"linen{suffix}", after)


def entry(program: Path) -> Path:
    """The file to run."""
    return program / ENTRY if program.is_dir() else program


def files_of(program: Path) -> dict[str, bytes]:
    """The files of a program by their path in it; a single file is called `linen.py`."""
    if program.is_file():
        return {PATH: program.read_bytes()}
    return {path.relative_to(program).as_posix(): path.read_bytes() for path in sorted(program.rglob("*.py"))}


def texts_of(program: Path) -> dict[str, str]:
    """The texts of a program with their own newlines."""
    return {path: decode(data).text for path, data in files_of(program).items()}


def migrate_texts(texts: Mapping[str, str], style: Style) -> Result:
    """Migrate one program by itself, once for all tests that look at it."""
    return _migrate(tuple(texts.items()), style)


@cache
def _migrate(texts: tuple[tuple[str, str], ...], style: Style) -> Result:
    return migrate_sources(dict(texts), Options(style=style))


def migrated(texts: Mapping[str, str], style: Style) -> dict[str, str]:
    """The texts that come out, which are those that went in where nothing changes."""
    return {**texts, **migrate_texts(texts, style).changed}


def migrated_bytes(files: Mapping[str, bytes], style: Style) -> dict[str, bytes]:
    """From the bytes of files to the bytes that would be written."""
    sources = {path: decode(data) for path, data in files.items()}
    texts = migrated({path: source.text for path, source in sources.items()}, style)
    return {path: source.encode(texts[path]) for path, source in sources.items()}


def comments(text: str) -> Counter[str]:
    """Every comment of a program and how often it occurs."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def unused_imports(text: str) -> set[str]:
    """Names that the program imports and never reads."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    futures = [node for node in imports if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    bound = {
        (alias.asname or alias.name).split(".")[0]
        for node in imports
        if node not in futures
        for alias in node.names
    }
    return bound - {node.id for node in nodes if isinstance(node, ast.Name)}


def run_program(path: Path) -> str:
    """What the program prints; raises CalledProcessError where it fails."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def with_bom(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def without_final_newline(data: bytes) -> bytes:
    return data.removesuffix(b"\n")


VARIANTS: Mapping[str, Callable[[bytes], bytes]] = {
    "crlf": crlf,
    "bom": with_bom,
    "bom-crlf": lambda data: with_bom(crlf(data)),
    "no-final-newline": without_final_newline,
}
