"""The trees that are timed: generated ones, and a copy of the installed Flax sources."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"
COPIES = 4
PLAIN_FILES = 200
LARGE_FILES = 4000

PLAIN = '''"""Records of kind {number} and how they are summed up."""

import csv
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Record{number}:
    name: str
    weight: float = {number}.5
    tags: tuple[str, ...] = ()

    def scaled(self, factor):
        """The same record with its weight times `factor`."""
        return Record{number}(self.name, self.weight * factor, self.tags)


def read(path):
    with open(path, newline="") as stream:
        rows = csv.DictReader(stream)
        return [Record{number}(row["name"], float(row["weight"])) for row in rows]


def total(records, *, minimum=0.0):
    result = 0.0
    for record in records:
        if record.weight < minimum or math.isnan(record.weight):
            continue
        result += record.weight
    return result


def by_tag(records):
    groups = {{}}
    for record in records:
        for tag in record.tags:
            groups.setdefault(tag, []).append(record)
    return {{tag: total(group) for tag, group in sorted(groups.items())}}


def report(records, width={number}):
    lines = [f"{{record.name:<{{width}}}} {{record.weight:8.3f}}" for record in records]
    lines.append("-" * (width + 9))
    lines.append(f"{{'total':<{{width}}}} {{total(records):8.3f}}")
    return "\\n".join(lines)
'''


@dataclass(frozen=True)
class Tree:
    """A directory of Python files; `title` is its heading in the table.

    `changing` is how many of the files a migration changes, None where that is not known beforehand.
    """

    title: str
    path: Path
    changing: int | None = None

    @property
    def files(self) -> list[Path]:
        return sorted(self.path.rglob("*.py"))

    @property
    def torch_files(self) -> int:
        """How many files torchfix parses: those that contain its marker."""
        return sum(b"torch" in file.read_bytes() for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.stat().st_size for file in self.files)


def trivial(root: Path) -> Tree:
    """One file with one statement."""
    return _write(root / "trivial", "one trivial file", {"one.py": "x = 1\n"})


def plain(root: Path, count: int = PLAIN_FILES) -> Tree:
    """`count` ordinary modules that never mention Flax."""
    texts = {f"part{n % 10}/records{n}.py": PLAIN.format(number=n) for n in range(count)}
    return _write(root / f"plain{count}", "generated tree without Flax", texts)


def heavy(root: Path, without: Collection[str] = ()) -> Tree:
    """The fixtures' Linen programs, `without` some, all of which a migration has to change.

    Each names torch in a comment, or torchfix would skip it unparsed.
    """
    texts = {
        f"run{n}/{program.parent.name}.py": f"# Run {n}, ported from torch.\n{program.read_text()}"
        for n in range(COPIES)
        for program in FIXTURES.glob("*/linen.py")
        if program.parent.name not in without
    }
    left_out = f" without {', '.join(without)}" if without else ""
    return _write(root / "heavy", f"generated tree full of Linen{left_out}", texts, changing=len(texts))


def flax_sources(root: Path) -> Tree | None:
    """A copy of the Flax package that this interpreter can import, None without one."""
    found = importlib.util.find_spec("flax")
    if found is None or not found.submodule_search_locations:
        return None
    target = root / "flax"
    shutil.copytree(found.submodule_search_locations[0], target, ignore=_all_but_python)
    return Tree("sources of the installed Flax package", target)


def _all_but_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()}


def _write(path: Path, title: str, texts: dict[str, str], changing: int = 0) -> Tree:
    for name, text in texts.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Tree(title, path, changing)
