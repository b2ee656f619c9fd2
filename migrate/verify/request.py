"""What the caller asks of verify, and the checks that need no run."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from migrate.verify.errors import VerifyError


@dataclass(frozen=True)
class Request:
    """Two programs to compare over `steps` optimizer steps; `timeout` is in seconds for each run.

    `python` is the interpreter that runs them, the current one if None; `args` go to both programs,
    which run in `cwd`. `leaf_map` is a TOML file with pairs that cannot be inferred; `html` is where to
    write the page; `layers` and `resume` ask for the longer examinations, `verdict_only` for none
    but the verdict: no step times, no forward look. With `from_step`, the after program goes on from the
    before program's train state after so many steps, and what comes before is not compared.
    `progress` is told how far the runs are.
    `shown` holds paths that mean nothing to the reader, and what to print in their place; `style` is that
    of a migrated copy.
    """

    before: Path
    after: Path | None
    steps: int = 10
    python: str | None = None
    args: tuple[str, ...] = ()
    timeout: float = 600.0
    cwd: Path | None = None
    html: Path | None = None
    show_map: bool = False
    leaf_map: Path | None = None
    layers: bool = False
    resume: bool = False
    verdict_only: bool = False
    from_step: int = 0
    progress: Callable[[str], None] | None = field(default=None, compare=False)
    shown: tuple[tuple[str, str], ...] = ()
    style: str | None = None

    @property
    def last_step(self) -> int:
        """The last step that is compared, counted from the start of the programs."""
        return self.from_step + self.steps

    @cached_property
    def given(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """The pairs of the user's leaf map, as paths."""
        return read_leaf_map(self.leaf_map) if self.leaf_map else {}

    @cached_property
    def networks(self) -> tuple[int, ...]:
        """The user's order of networks with the same leaves."""
        return read_networks(self.leaf_map) if self.leaf_map else ()


def read_networks(path: Path) -> tuple[int, ...]:
    """The order in which the after program builds the networks, from `networks` in a TOML file."""
    numbers = tomllib.loads(path.read_text(encoding="utf-8")).get("networks", [])
    if sorted(numbers) != list(range(len(numbers))):
        raise VerifyError(f"{path}: networks must hold each number from 0 once, such as [1, 0]")
    return tuple(numbers)


def command(request: Request) -> tuple[str, ...]:
    """The command line that repeats a request; a migrated copy is made again."""
    after = "" if request.after is None or request.shown else str(request.after)
    words = ["linen2nnx", "verify", str(request.before), after]
    values = (
        ("--steps", request.steps),
        ("--from-step", request.from_step or None),
        ("--python", request.python),
        ("--cwd", request.cwd),
        ("--leaf-map", request.leaf_map),
        ("--style", request.style),
    )
    words += [word for name, value in values if value is not None for word in (name, str(value))]
    flags = (
        ("--layers", request.layers),
        ("--map", request.show_map),
        ("--resume", request.resume),
        ("--verdict-only", request.verdict_only),
    )
    words += [name for name, wanted in flags if wanted]
    return tuple([word for word in words if word] + (["--", *request.args] if request.args else []))


def as_given(request: Request) -> tuple[tuple[str, str], ...]:
    """Full paths of the programs, and how they were given."""
    programs = [path for path in (request.before, request.after) if path is not None]
    return tuple((str(path.resolve()), str(path)) for path in programs)


def check(request: Request) -> Path:
    """Return the after program once everything that can be seen without a run is in order."""
    if request.after is None:
        raise VerifyError("verify needs the migrated program: give it as the second path")
    if request.steps < 1:
        raise VerifyError(f"--steps must be at least 1, not {request.steps}")
    if request.from_step < 0:
        raise VerifyError(f"--from-step must be at least 0, not {request.from_step}")
    for path in (request.before, request.after):
        _check_program(path)
    if request.html is not None and not request.html.absolute().parent.is_dir():
        raise VerifyError(f"{request.html}: its directory does not exist; make it first")
    if request.leaf_map is not None:
        read_leaf_map(request.leaf_map)
        read_networks(request.leaf_map)
    return request.after


def read_leaf_map(path: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Pairs of leaves from the table `leaves` of a TOML file, both sides written with slashes."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        table = document.get("leaves", {} if "networks" in document else None)
    except (OSError, ValueError) as error:
        raise VerifyError(f"{path}: cannot be read as a leaf map ({error})") from error
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise VerifyError(f'{path}: needs a table [leaves] of entries "before/path" = "after/path"')
    if len(set(table.values())) < len(table):
        raise VerifyError(f"{path}: names a leaf of the after program twice; every leaf has one partner")
    return {tuple(one.split("/")): tuple(other.split("/")) for one, other in table.items()}


def _check_program(path: Path) -> None:
    if not path.exists():
        raise VerifyError(f"{path}: no such file; give the path of a Python program")
    if not path.is_file():
        raise VerifyError(f"{path}: not a file; give the program that trains, not its directory")
    try:
        source = path.read_bytes()
    except OSError as error:
        raise VerifyError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if not source.strip():
        raise VerifyError(f"{path}: the file is empty; give the program that trains")
    try:
        ast.parse(source, filename=str(path))
    except SyntaxError as error:
        place = f"{path}:{error.lineno}" if error.lineno else str(path)
        raise VerifyError(f"{place}: not valid Python ({error.msg}); mend it first") from error
    except ValueError as error:
        raise VerifyError(f"{path}: not valid Python ({error}); mend it first") from error
