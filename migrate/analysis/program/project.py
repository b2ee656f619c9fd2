"""Which module of the project an import means.

Paths are compared as parts below a common root that is not known: an absolute import is looked for beside
and above the importing file, as a script or a package would find it, and then anywhere if just one path
ends in it. Nothing is read from the disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

Parts = tuple[str, ...]


class Modules:
    """The paths of a project, asked by the names that imports use."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = {PurePosixPath(path.replace("\\", "/")): path for path in paths}
        self._folders = {folder for path in self._paths for folder in path.parents}
        self._tails: dict[str, list[PurePosixPath]] = {}
        for path in self._paths:
            if name := _dotted(path)[-1:]:
                self._tails.setdefault(name[0], []).append(path)

    def find(self, importer: str, module: Parts, level: int = 0) -> str | None:
        """The path of `module` as `importer` names it, `level` counting leading dots; None where unknown."""
        place = PurePosixPath(importer.replace("\\", "/"))
        if level:
            base = place.parents[min(level, len(place.parents)) - 1]
            return self._below(base, module)
        if not module:
            return None
        near = (self._below(base, module) for base in place.parents)
        return next((path for path in near if path is not None), None) or self._anywhere(module)

    def is_package(self, importer: str, module: Parts, level: int = 0) -> bool:
        """Whether modules of the project stand below `module`."""
        place = PurePosixPath(importer.replace("\\", "/"))
        bases = [place.parents[min(level, len(place.parents)) - 1]] if level else [*place.parents]
        return bool(module) and any(base.joinpath(*module) in self._folders for base in bases)

    def _below(self, base: PurePosixPath, module: Parts) -> str | None:
        place = base.joinpath(*module)
        files = [place / "__init__.py"]
        if module:
            files.insert(0, place.with_name(f"{place.name}.py"))
        return next((self._paths[file] for file in files if file in self._paths), None)

    def _anywhere(self, module: Parts) -> str | None:
        """The one path that ends in the name; a single word is too short to be sure."""
        if len(module) < 2:
            return None
        size = len(module)
        hits = [path for path in self._tails.get(module[-1], ()) if _dotted(path)[-size:] == module]
        return self._paths[hits[0]] if len(hits) == 1 else None


def module_name(path: str) -> str:
    """The last word under which a file is imported."""
    return next(iter(_dotted(PurePosixPath(path.replace("\\", "/")))[-1:]), "")


def _dotted(path: PurePosixPath) -> Parts:
    parts = path.with_suffix("").parts
    return parts[:-1] if parts and parts[-1] == "__init__" else parts
