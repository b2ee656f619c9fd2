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
from pathlib import Path

from migrate.core import migrate_sources
from migrate.project.encoding import decode
from migrate.result import Options, Result, Style

FIXTURES = Path(__file__).parent.parent / "fixtures"
TARGETS: Mapping[Style, tuple[str, ...]] = {
    "functional": ("nnx.py",),
    "stateful": ("nnx_stateful.py", "nnx.py"),
}
PATH = "linen.py"


@dataclass(frozen=True)
class Case:
    """A Linen program and the text that one style of the migration makes of it."""

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
        return self.after.name == TARGETS[self.style][0]


def cases() -> list[Case]:
    """Every case in every style, by name."""
    return [_case(before, style) for before in sorted(FIXTURES.glob(f"*/{PATH}")) for style in TARGETS]


def _case(before: Path, style: Style) -> Case:
    targets = [before.with_name(name) for name in TARGETS[style]]
    after = next((target for target in targets if target.exists()), targets[-1])
    return Case(before.parent.name, style, before, after)


def text_of(path: Path) -> str:
    """The text of a fixture with its own newlines."""
    return decode(path.read_bytes()).text


def migrate_text(text: str, style: Style) -> Result:
    """Migrate one program by itself."""
    return migrate_sources({PATH: text}, Options(style=style))


def migrated(text: str, style: Style) -> str:
    """The text that comes out, which is the text that went in where nothing changes."""
    return migrate_text(text, style).changed.get(PATH, text)


def migrated_bytes(data: bytes, style: Style) -> bytes:
    """From the bytes of a file to the bytes that would be written."""
    source = decode(data)
    return source.encode(migrated(source.text, style))


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
