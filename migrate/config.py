"""Settings: the flags of the command line over [tool.linen2nnx] of the nearest pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from migrate.errors import UsageError
from migrate.result import Options, Style
from migrate.selection import is_code_prefix

OutputFormat = Literal["text", "json"]


@dataclass(frozen=True)
class Settings:
    """Every configuration key, by its name in Python; `base` is the directory that `exclude` starts from."""

    style: Style = "functional"
    bridge: bool = True
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    output_format: OutputFormat = "text"
    base: Path = Path()

    @property
    def options(self) -> Options:
        """What of the settings the core needs."""
        return Options(style=self.style, bridge=self.bridge, select=self.select, ignore=self.ignore)


def load_settings(start: Path, flags: Mapping[str, Any]) -> Settings:
    """Return the settings that hold at `start`; a flag that is not None wins over the file.

    The file is the nearest pyproject.toml at or above `start` with a [tool.linen2nnx] table.
    Raises UsageError for a key or value that is not known, naming the file and the key.
    """
    file, table = _nearest_table(start.absolute())
    values = {key.replace("-", "_"): _value(file, key, value) for key, value in table.items()}
    settings = replace(Settings(base=file.parent if table else Path.cwd()), **values)
    given = {name: _frozen(value) for name, value in flags.items() if value is not None}
    _check_codes(given)
    if "exclude" in given:
        settings = replace(settings, base=Path.cwd())
    return replace(settings, **given)


def _nearest_table(start: Path) -> tuple[Path, Mapping[str, Any]]:
    for directory in (start, *start.parents):
        file = directory / "pyproject.toml"
        if file.is_file() and (table := _read_table(file)) is not None:
            return file, table
    return start, {}


def _read_table(file: Path) -> Mapping[str, Any] | None:
    """Return the table, None without one; a file that does not mention us is not parsed."""
    try:
        data = file.read_bytes()
        if b"linen2nnx" not in data:
            return None
        import tomllib

        table = tomllib.loads(data.decode("utf-8")).get("tool", {}).get("linen2nnx")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.linen2nnx must be a table")
    return table


def _check_codes(given: Mapping[str, object]) -> None:
    for flag in ("select", "ignore"):
        if not _codes(given.get(flag, ())):
            raise UsageError(f"--{flag}: give {_CODES_WANTED}, separated by commas")


def _value(file: Path, key: str, value: Any) -> Any:
    if key not in _KEYS:
        raise UsageError(f"{file}: [tool.linen2nnx] has no key {key!r}; it knows {', '.join(_KEYS)}")
    wanted, accepts = _KEYS[key]
    if not accepts(value):
        raise UsageError(f"{file}: [tool.linen2nnx] {key} must be {wanted}, not {value!r}")
    return _frozen(value)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _strings(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _codes(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(e, str) and is_code_prefix(e) for e in value)


_CODES_WANTED = "rule codes or their beginnings, such as LNX1"
_KEYS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "style": ("functional or stateful", ("functional", "stateful").__contains__),
    "bridge": ("true or false", lambda value: isinstance(value, bool)),
    "select": (f"a list of {_CODES_WANTED}", _codes),
    "ignore": (f"a list of {_CODES_WANTED}", _codes),
    "exclude": ("a list of patterns as in .gitignore", _strings),
    "force-exclude": ("true or false", lambda value: isinstance(value, bool)),
    "output-format": ("text or json", ("text", "json").__contains__),
}
