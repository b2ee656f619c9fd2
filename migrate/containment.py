"""Run the engine so that one file on which it breaks costs only that file."""

from __future__ import annotations

import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath

from migrate.result import Finding, Options, Result, SiteCount
from migrate.syntax import parse
from migrate.unbound import unbound


class EngineError(Exception):
    """The engine returned something that must not be written."""


def migrate_contained(sources: Mapping[str, str], options: Options) -> Result:
    """Migrate `sources`; a file on which the engine breaks gets LNX902, and the others go on together.

    Files on which it breaks only together get it all of them: apart, they would not be one program.
    """
    result = _halving(sources, options)
    failures = tuple(finding for finding in result.findings if finding.code == "LNX902")
    if not failures:
        return result
    bad = {finding.path for finding in failures}
    others = {path: text for path, text in sources.items() if path not in bad}
    return _merged([migrate_contained(others, options), Result(findings=failures)])


def _halving(sources: Mapping[str, str], options: Options) -> Result:
    """Migrate; where that fails, halve the sources until the file at fault stands alone.

    A parser that panics raises a BaseException, so those are caught too.
    """
    if not sources:
        return Result()
    try:
        return _migrate(sources, options)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        failures = tuple(_internal_error(path, error) for path in sorted(sources))
    if len(sources) == 1:
        return Result(findings=failures)
    paths = sorted(sources)
    half = len(paths) // 2
    parts = ({path: sources[path] for path in chosen} for chosen in (paths[:half], paths[half:]))
    found = _merged([_halving(part, options) for part in parts])
    return found if any(each.code == "LNX902" for each in found.findings) else Result(findings=failures)


def _migrate(sources: Mapping[str, str], options: Options) -> Result:
    from migrate.core import migrate_sources

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = migrate_sources(sources, options)
    for path, text in result.changed.items():
        if path not in sources:
            raise EngineError(f"the engine changed {path}, which it was not given")
        _check_result(path, sources[path], text)
    return result


def _check_result(path: str, before: str, text: str) -> None:
    try:
        parse(text)
    except (SyntaxError, ValueError) as error:
        raise EngineError(f"the rewritten text of {path} is not valid Python: {error}") from error
    if new := unbound(text) - unbound(before):
        raise EngineError(f"the rewritten text of {path} reads `{min(new)}`, which nothing binds")


def _internal_error(path: str, error: BaseException) -> Finding:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    cause = f"{type(error).__name__}: {error}".splitlines()[0]
    message = f"internal error ({cause}{place}); the file is left as it is. This is a bug, please report it"
    return Finding(path, 1, 1, "LNX902", message)


def _merged(parts: list[Result]) -> Result:
    found: Counter[str] = Counter()
    migrated: Counter[str] = Counter()
    for part in parts:
        found.update({name: count.found for name, count in part.sites.items()})
        migrated.update({name: count.migrated for name, count in part.sites.items()})
    return Result(
        changed={path: text for part in parts for path, text in part.changed.items()},
        findings=tuple(finding for part in parts for finding in part.findings),
        components=tuple(component for part in parts for component in part.components),
        sites={name: SiteCount(found[name], migrated[name]) for name in found},
        shared=frozenset().union(*(part.shared for part in parts)),
    )
